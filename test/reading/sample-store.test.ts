import { expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { SampleStore } from '../../src/reading/sample-store.ts';
import { seriesWith } from './series.ts';

const sample = (value: number) => ({ value, window: { startSeconds: 85, endSeconds: 100 } });
const run = { plannedAtMs: 110_000, delaySeconds: 10 };
const error = new AdapterError('SlsThrottled', 'too many');
const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });

it('keeps the last sample of each series, by the key of the series and not by object identity', () => {
  const store = new SampleStore(10);
  store.put(seriesWith(), sample(1), run);
  store.put(seriesWith({ route: 'default-b-80' }), sample(2), run);
  store.put(seriesWith(), sample(3), run);
  expect(store.get(seriesWith())?.last).toEqual({ sample: sample(3), run });
  expect(store.get(seriesWith({ route: 'default-b-80' }))?.last).toEqual({ sample: sample(2), run });
  expect(store.get(seriesWith({ intervalSeconds: 16 }))).toBeUndefined();
  expect(store.get(seriesWith({ route: undefined }))).toBeUndefined();
});

it('keeps the last good sample beside a failure until there is a new sample', () => {
  const store = new SampleStore(10);
  store.fail(a, error, 115_000);
  expect(store.get(a)).toMatchObject({
    series: a,
    last: undefined,
    failure: { error, plannedAtMs: 115_000 },
  });
  store.put(a, sample(1), run);
  expect(store.get(a)?.failure).toBeUndefined();
  store.fail(a, error, 120_000);
  expect(store.get(a)).toMatchObject({
    series: a,
    last: { sample: sample(1), run },
    failure: { error, plannedAtMs: 120_000 },
  });
});

it('does not record a canceled query as a failure of the series', () => {
  const store = new SampleStore(10);
  store.fail(a, new AdapterError('Canceled', 'no reader is left'), 115_000);
  expect(store.get(a)).toBeUndefined();
});

it('drops the least recently used series when it is full', () => {
  const store = new SampleStore(2);
  const c = seriesWith({ route: 'c' });
  store.put(a, sample(1), run);
  store.put(b, sample(2), run);
  expect(store.get(a)).toBeDefined();
  store.put(c, sample(3), run);
  expect([a, b, c].map((series) => store.get(series)?.last?.sample.value)).toEqual([1, undefined, 3]);
  expect(store.size).toBe(2);
});

it('forgets only the entries that match', () => {
  const store = new SampleStore(10);
  store.put(a, sample(1), { ...run, delaySeconds: 4 });
  store.put(b, sample(2), { ...run, delaySeconds: 20 });
  store.forget((_, { delaySeconds }) => delaySeconds < 20);
  expect([a, b].map((series) => store.get(series)?.last?.sample.value)).toEqual([undefined, 2]);
});

it('lists every series once as it was at the call, even if it changes meanwhile, and marks none as used', () => {
  const store = new SampleStore(3);
  const [c, d] = [seriesWith({ route: 'c' }), seriesWith({ route: 'd' })];
  for (const [index, one] of [a, b, c].entries()) store.put(one, sample(index), run);
  const seen: string[] = [];
  for (const { series, last } of store.all()) {
    seen.push(`${series.route} ${last?.sample.value}`);
    store.put(c, sample(8), run);
    // Evicts `a`, the least recently used series.
    store.put(d, sample(9), run);
  }
  expect(seen.sort()).toEqual(['a 0', 'b 1', 'c 2']);
  expect(store.get(a)).toBeUndefined();
});
