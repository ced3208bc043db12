import { expect, it } from 'vitest';
import { Histories, historyLength } from '../../src/status/histories.ts';

it('keeps the last readings of each series apart, the oldest first', () => {
  const histories = new Histories();
  const slots = Array.from({ length: 600 }, () => histories.take());
  for (let reading = 0; reading < historyLength + 5; reading++)
    for (const slot of slots) histories.put(slot, reading, slot * 1000 + reading);
  for (const slot of [0, 255, 256, 599])
    expect(histories.read(slot, historyLength + 5)).toEqual(
      Array.from({ length: historyLength }, (_, index) => Number((slot * 1000 + index + 5).toPrecision(4))),
    );
  expect(histories.read(0, 0)).toEqual([]);
  expect(histories.read(0, 3)).toHaveLength(3);
});

it('gives a slot that was released to the next', () => {
  const histories = new Histories();
  const [first, second] = [histories.take(), histories.take()];
  histories.release(first);
  expect(histories.take()).toBe(first);
  expect(histories.take()).not.toBe(second);
});
