import { expect, it } from 'vitest';
import { ExternalMemory } from '../../src/runtime/external-memory.ts';

const mb = 1024 * 1024;

it('collects what is no longer used once it has grown by 48 MiB since the last collection', () => {
  let used = 10 * mb;
  let unused = 0;
  let collections = 0;
  const memory = new ExternalMemory({
    externalBytes: () => used + unused,
    collect: () => {
      unused = 0;
      collections += 1;
    },
  });
  const grow = (bytes: number): number => {
    unused += bytes;
    memory.check();
    return collections;
  };
  expect([0, 47 * mb, mb, 47 * mb, mb].map(grow)).toEqual([0, 0, 1, 1, 2]);
  // What is used is no reason to collect again and again.
  used += 100 * mb;
  expect([0, 47 * mb, mb].map(grow)).toEqual([3, 3, 4]);
  used -= 100 * mb;
  expect([0, 47 * mb, mb].map(grow)).toEqual([4, 4, 5]);
});
