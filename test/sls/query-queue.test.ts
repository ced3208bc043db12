import { setImmediate as settled } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdapterError } from '../../src/errors.ts';
import { kedaShareOf } from '../../src/runtime/shares.ts';
import { QueryQueue, type Places } from '../../src/sls/query-queue.ts';
import { waitFor } from '../support/wait-for.ts';

const placesOf = (most: number, hasAnswered = true): Places => ({
  ...{ most, running: 0, waiting: 0, hasAnswered },
  runningOf: new Map(),
});

function start(queriesPerSecond?: number) {
  let nowMs = 0;
  const ended = new AbortController();
  // Queries that still wait would set timers in the tests that follow.
  onTestFinished(() => ended.abort());
  const queue = new QueryQueue({
    ...(queriesPerSecond === undefined ? {} : { queriesPerSecond }),
    monotonicMs: () => nowMs,
  });
  /** The queries that were sent, by namespace, and what ends them. */
  const sent: { readonly name: string; readonly end: () => void }[] = [];
  const ask = (
    places: Places,
    name: string,
    namespaces: Iterable<string> = [name],
    bytes = 100,
    isBackground = false,
  ) =>
    queue
      .run({
        ...{
          places,
          bytes,
          isBackground,
          namespaces: new Set(namespaces),
          signal: ended.signal,
        },
        refusal: () => undefined,
        send: () => new Promise<void>((end) => sent.push({ name, end })),
      })
      .then(
        () => 'ok',
        (error: unknown) => error as AdapterError,
      );
  const names = () => sent.map(({ name }) => name);
  return { ask, sent, names, pass: (ms: number) => (nowMs += ms) };
}

it('sends the queries of waiting namespaces in turns', async () => {
  const { ask, sent, names } = start();
  const places = placesOf(1);
  for (let n = 0; n < 4; n++) void ask(places, 'greedy');
  for (const name of ['shop', 'blog', 'shop']) void ask(places, name);
  for (let n = 0; n < 6; n++) {
    sent[n]?.end();
    await settled();
  }
  expect(names()).toEqual(['greedy', 'shop', 'blog', 'greedy', 'shop', 'greedy', 'greedy']);
  expect(places.waiting).toBe(0);
});

it('lets names that were never seen before wait as long as others, so that no stream of new ones is always next', async () => {
  const { ask, sent, names } = start();
  const places = placesOf(1);
  void ask(places, 'honest');
  for (let n = 0; n < 3; n++) void ask(places, `new-${n}`);
  for (let n = 3; n < 12; n++) {
    sent.at(-1)?.end();
    await settled();
    if (n === 5) void ask(places, 'honest');
    void ask(places, `new-${n}`);
  }
  // Those that came before its last turn, and no more.
  expect(names().indexOf('honest', 1)).toBeLessThan(6);
});

it('keeps places free of the slow queries of one namespace, and of several', () => {
  const { ask, names } = start();
  const places = placesOf(5);
  for (let n = 0; n < 100; n++) void ask(places, 'slow');
  expect(names()).toEqual(['slow', 'slow', 'slow']);
  for (let n = 0; n < 100; n++) void ask(places, 'slow too');
  void ask(places, 'shop');
  expect(names().slice(3)).toEqual(['slow too', 'shop']);
});

describe("a client of KEDA's port that names ever new namespaces", () => {
  const madeUp = (n: number) => kedaShareOf('10.0.0.7', `made-up-${n}`);
  const [shop, other] = ['shop', kedaShareOf('10.0.0.8', 'shop')];

  it('never has the last place of a project', () => {
    const { ask, names } = start();
    const places = placesOf(5);
    for (let n = 0; n < 100; n++) void ask(places, madeUp(n));
    expect(names()).toHaveLength(4);
    void ask(places, other);
    expect(names()[4]).toBe(other);
  });

  it('shares the places among its namespaces', () => {
    const { ask, names } = start();
    const places = placesOf(5);
    for (let n = 0; n < 100; n++) void ask(places, madeUp(0));
    void ask(places, madeUp(1));
    expect(names()).toEqual([madeUp(0), madeUp(0), madeUp(0), madeUp(1)]);
  });

  it('has one turn for all of them, in which they take turns', async () => {
    const { ask, sent, names } = start();
    const places = placesOf(1);
    for (let n = 0; n < 3; n++) void ask(places, madeUp(0));
    for (let n = 0; n < 6; n++) void ask(places, madeUp(n));
    for (const name of [shop, other, shop, other]) void ask(places, name);
    for (let n = 0; n < 7; n++) {
      sent[n]?.end();
      await settled();
    }
    const turns = names().map((name) => (name.includes('made-up') ? 'client' : name));
    expect(turns).toEqual(['client', shop, other, 'client', shop, other, 'client', 'client']);
    expect(new Set(names().filter((name) => name.includes('made-up'))).size).toBeGreaterThan(2);
  });

  it('has few queries to projects that have never answered', () => {
    const { ask, names } = start();
    for (let n = 0; n < 20; n++) void ask(placesOf(5, false), madeUp(n));
    expect(names()).toHaveLength(2);
  });

  it('gives room to others, although none of its namespaces has much', async () => {
    const { ask } = start();
    const places = placesOf(1);
    void ask(places, 'first');
    const last = Array.from({ length: 2000 }, (_, n) => ask(places, madeUp(n))).at(-1);
    for (let n = 0; n < 2; n++) void ask(places, shop);
    expect(await last).toMatchObject({ code: 'LimitExceeded' });
    expect(places.waiting).toBe(2000);
  });
});

it('sends a query of several namespaces at the turn of any', async () => {
  const { ask, sent, names } = start();
  const places = placesOf(1);
  for (let n = 0; n < 3; n++) void ask(places, 'greedy');
  void ask(places, 'shared', ['greedy', 'shop']);
  sent[0]?.end();
  await settled();
  expect(names()).toEqual(['greedy', 'shared']);
});

it('sends only so many queries a second, of all projects together, in turns by namespace', async () => {
  const { ask, sent, names, pass } = start(2);
  for (let n = 0; n < 30; n++) void ask(placesOf(5), 'greedy');
  expect(names()).toHaveLength(10);
  void ask(placesOf(5), 'shop');
  expect(names()).toHaveLength(10);
  pass(500);
  await waitFor(() => sent.length === 11);
  expect(names().at(-1)).toBe('shop');
});

it('asks few projects that have never answered at the same time for one namespace', () => {
  const { ask, names } = start();
  for (let n = 0; n < 20; n++) void ask(placesOf(5, false), 'inventive');
  void ask(placesOf(5, false), 'shop');
  void ask(placesOf(5), 'inventive');
  expect(names()).toEqual(['inventive', 'inventive', 'shop', 'inventive']);
});

it('refuses a query for which its namespace has no room, but not those of others', async () => {
  const { ask } = start();
  const places = placesOf(1);
  void ask(places, 'first');
  for (let n = 0; n < 400; n++) void ask(places, 'greedy');
  expect(await ask(places, 'greedy')).toMatchObject({
    code: 'LimitExceeded',
    what: 'namespace greedy has too many queries that wait for SLS: at most 400 may, and sls.maxQueriesPerSecond are sent',
  });
  void ask(places, 'shop');
  void ask(places, 'shared', ['greedy', 'shop']);
  expect(places.waiting).toBe(402);
  const long = 3 * 1024 * 1024;
  void ask(places, 'wordy', ['wordy'], long);
  expect(await ask(places, 'wordy', ['wordy'], long)).toMatchObject({ code: 'LimitExceeded' });
});

it('takes the room of the namespace with the most queries if there is no room at all', async () => {
  const { ask } = start();
  const places = placesOf(1);
  void ask(places, 'first');
  const greedy = Array.from({ length: 400 }, () => ask(places, 'greedy0'));
  for (let one = 1; one < 5; one++) for (let n = 0; n < 399; n++) void ask(places, `greedy${one}`);
  for (let n = 0; n < 4; n++) void ask(places, `small${n}`);
  expect(places.waiting).toBe(2000);
  void ask(places, 'shop');
  expect(await greedy.at(-1)).toMatchObject({ code: 'LimitExceeded' });
  expect(places.waiting).toBe(2000);
});

describe('queries in the background', () => {
  it('wait until no other query of the project does, and run one at a time', async () => {
    const { ask, sent, names } = start();
    const places = placesOf(3);
    const later = (name: string) => ask(places, name, [name], 100, true);
    for (const name of ['day 1', 'day 2']) void later(name);
    for (let n = 0; n < 4; n++) void ask(places, 'shop', []);
    expect(names()).toEqual(['day 1', 'shop', 'shop']);
    sent[0]?.end();
    await settled();
    expect(names().slice(3)).toEqual(['shop']);
    for (const one of sent) one.end();
    await settled();
    expect(names().slice(4)).toEqual(['shop', 'day 2']);
  });

  it('leave the last place of a project free', () => {
    const { ask, names } = start();
    const places = placesOf(2);
    void ask(places, 'shop', []);
    void ask(places, 'day', ['day'], 100, true);
    expect(names()).toEqual(['shop']);
    void ask(places, 'blog', []);
    expect(names()).toEqual(['shop', 'blog']);
  });

  it('run where the project has a single place, once it is free', () => {
    const { ask, names } = start();
    void ask(placesOf(1), 'day', ['day'], 100, true);
    expect(names()).toEqual(['day']);
  });
});
