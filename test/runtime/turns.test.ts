import { expect, it } from 'vitest';
import { Turns } from '../../src/runtime/turns.ts';

const work = (ms: number) => {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
};

it('a turn is over after its time, and the next one starts after other work has run', async () => {
  const turns = new Turns(100);
  expect(turns.isOver()).toBe(false);
  work(101);
  expect(turns.isOver()).toBe(true);
  let others = 0;
  setImmediate(() => (others += 1));
  await turns.next();
  expect([others, turns.isOver()]).toEqual([1, false]);
});
