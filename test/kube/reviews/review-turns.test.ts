import { expect, it } from 'vitest';
import { ReviewTurns } from '../../../src/kube/reviews/review-turns.ts';

const alive = new AbortController().signal;

/** Turns whose reviews are answered by `answer`, which returns the client. */
function createTurns(maxSent: number) {
  const turns = new ReviewTurns({ maxSent, maxPending: 1000, maxPendingBytes: 1_000_000 });
  const sent: { readonly client: string; readonly end: () => void }[] = [];
  const send = (client: string, signal = alive, isRenewal = false) => {
    const review = async () => {
      const ended = Promise.withResolvers<undefined>();
      sent.push({ client, end: () => ended.resolve(undefined) });
      await ended.promise;
    };
    return turns.turn(client, signal, review, isRenewal);
  };
  const answer = async () => {
    sent.shift()?.end();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { send, answer, clients: () => sent.map(({ client }) => client) };
}

it('clients with reviews that wait have turns one after another', async () => {
  const { send, answer, clients } = createTurns(1);
  const all = ['other', 'a', 'a', 'a', 'b', 'c'].map((client) => send(client));
  const order: string[] = [];
  while (clients().length > 0) {
    order.push(clients()[0] ?? '');
    await answer();
  }
  await Promise.all(all);
  expect(order).toEqual(['other', 'a', 'b', 'c', 'a', 'a']);
});

it('renewals of known answers come before the reviews of new users', async () => {
  const { send, answer, clients } = createTurns(1);
  const all = ['a', 'b', 'c', 'new-1', 'new-2'].map((client) => send(client));
  all.push(...['hpa', 'other'].map((client) => send(client, alive, true)));
  const order: string[] = [];
  while (clients().length > 0) {
    order.push(clients()[0] ?? '');
    await answer();
  }
  await Promise.all(all);
  expect(order).toEqual(['a', 'b', 'c', 'hpa', 'other', 'new-1', 'new-2']);
});

it('one client has at most its share of the turns', async () => {
  const { send, answer, clients } = createTurns(4);
  const all = ['a', 'a', 'a', 'a', 'a', 'b'].map((client) => send(client));
  expect(clients()).toEqual(['a', 'a', 'a', 'a', 'b']);
  await answer();
  await answer();
  expect(clients()).toEqual(['a', 'a', 'b', 'a']);
  for (let left = 0; left < 4; left++) await answer();
  await Promise.all(all);
});

it('a review that is given up leaves the queue, and its turn goes to the next', async () => {
  const { send, answer, clients } = createTurns(1);
  const gone = new AbortController();
  const first = ['x', 'y', 'z'].map((client) => send(client));
  const givenUp = send('b', gone.signal);
  const next = send('c');
  gone.abort('gone');
  await expect(givenUp).rejects.toBe('gone');
  await answer();
  expect(clients()).toEqual(['y', 'z', 'c']);
  for (let left = 0; left < 3; left++) await answer();
  await Promise.all([...first, next]);
});
