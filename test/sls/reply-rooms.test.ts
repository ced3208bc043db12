import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ReplyRooms } from '../../src/sls/reply-rooms.ts';

const large = 65_537;

/** Returns whether the room is free now. */
async function grows(growing: Promise<void>): Promise<boolean> {
  let isDone = false;
  void growing.then(() => (isDone = true));
  await nextTurn();
  return isDone;
}

describe('the room of a reply', () => {
  it('is free for a small reply, however many there are', async () => {
    const rooms = new ReplyRooms();
    for (let n = 0; n < 100; n += 1) expect(await grows(rooms.of('p').grow(65_536))).toBe(true);
  });

  it('is taken by one large reply of a project at a time, and by eight of all projects', async () => {
    const rooms = new ReplyRooms();
    const first = rooms.of('p0');
    expect(await grows(first.grow(large))).toBe(true);
    expect(await grows(first.grow(large * 2))).toBe(true);
    const second = rooms.of('p0');
    const waiting = second.grow(large);
    expect(await grows(waiting)).toBe(false);
    for (let n = 1; n < 8; n += 1) expect(await grows(rooms.of(`p${n}`).grow(large))).toBe(true);
    const ninth = rooms.of('p8');
    const waitingNinth = ninth.grow(large);
    expect(await grows(waitingNinth)).toBe(false);
    first[Symbol.dispose]();
    expect(await grows(waiting)).toBe(true);
    expect(await grows(waitingNinth)).toBe(false);
    second[Symbol.dispose]();
    expect(await grows(waitingNinth)).toBe(true);
  });

  it('is given up by a reply that no longer waits', async () => {
    const rooms = new ReplyRooms();
    const [first, second, third] = [rooms.of('p'), rooms.of('p'), rooms.of('p')];
    void first.grow(large);
    void second.grow(large);
    const waiting = third.grow(large);
    second[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(await grows(waiting)).toBe(true);
  });

  it('reads large replies one after another, and small ones at once', async () => {
    const rooms = new ReplyRooms();
    const { signal } = new AbortController();
    const [a, b, small] = [rooms.of('a'), rooms.of('b'), rooms.of('c')];
    await a.grow(large);
    await b.grow(large);
    const gate = Promise.withResolvers();
    const order: string[] = [];
    const done = [
      a.read(() => gate.promise.then(() => order.push('a')), signal),
      b.read(() => Promise.resolve(order.push('b')), signal),
    ];
    await small.read(() => Promise.resolve(order.push('small')), signal);
    await nextTurn();
    expect(order).toEqual(['small']);
    gate.resolve(undefined);
    await Promise.all(done);
    expect(order).toEqual(['small', 'a', 'b']);
  });
});
