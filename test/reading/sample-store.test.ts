import { expect, it } from 'vitest';
import { SampleStore, type StoredSample } from '../../src/reading/sample-store.ts';
import { seriesWith } from './series.ts';

const stored = (value: number): StoredSample => ({
  sample: { value, window: { startSeconds: 85, endSeconds: 100 } },
  plannedAtMs: 110_000,
});

it('keeps the last sample of each series, by what the series is and not by identity', () => {
  const store = new SampleStore(10);
  store.put(seriesWith(), stored(1));
  store.put(seriesWith({ route: 'default-b-80' }), stored(2));
  store.put(seriesWith(), stored(3));
  expect(store.get(seriesWith())).toEqual(stored(3));
  expect(store.get(seriesWith({ route: 'default-b-80' }))).toEqual(stored(2));
  expect(store.get(seriesWith({ intervalSeconds: 16 }))).toBeUndefined();
  expect(store.get(seriesWith({ route: undefined }))).toBeUndefined();
});

it('drops the series that was asked for the longest ago once it is full', () => {
  const store = new SampleStore(2);
  const [a, b, c] = ['a', 'b', 'c'].map((route) => seriesWith({ route }));
  if (a === undefined || b === undefined || c === undefined) throw new Error('three series');
  store.put(a, stored(1));
  store.put(b, stored(2));
  expect(store.get(a)).toBeDefined();
  store.put(c, stored(3));
  expect([store.get(a), store.get(b), store.get(c)]).toEqual([stored(1), undefined, stored(3)]);
});
