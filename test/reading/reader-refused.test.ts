import { expect, it, vi } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import type { Outcome } from '../../src/metric/sample.ts';
import { Collector } from '../../src/reading/collector.ts';
import { failed } from '../../src/reading/history/kept-forecast.ts';
import { ReadBeats } from '../../src/reading/pace/read-beats.ts';
import { Reader } from '../../src/reading/reader.ts';
import { SampleStore } from '../../src/reading/sample-store.ts';
import { seriesWith } from './series.ts';

const refusal = new AdapterError('LimitExceeded', 'too many');
const series = ['a', 'b', 'c'].map((route) => seriesWith({ route }));

function setUp({ metric = {}, read = (): Outcome => failed(refusal) } = {}) {
  const beats = new ReadBeats(10);
  const reader = new Reader({
    store: new SampleStore(10),
    collector: Object.create(Collector.prototype) as Collector,
    complete: { answer: () => undefined },
    beats,
    forecasts: { read },
    settingsOf: () => ({ freshnessMs: 5000, maxStaleMs: 60_000, patienceMs: 20 }),
    monotonicMs: () => 0,
  });
  const [one] = series;
  if (one === undefined) throw new Error('there are no series');
  const request = {
    ...one,
    metric: { ...one.metric, ...metric },
    routes: ['a', 'b', 'c'],
    maxRetries: 0,
    series,
  };
  return { beats, read: () => reader.read(request, new AbortController().signal) };
}

it('a read of refused series ends at the first of them, and asks nothing', async () => {
  const { beats, read } = setUp();
  const refuse = vi.spyOn(beats, 'read').mockReturnValue(refusal);
  const collect = vi.spyOn(Collector.prototype, 'collect');
  await expect(read()).rejects.toMatchObject({ code: 'LimitExceeded' });
  expect(refuse).toHaveBeenCalledTimes(1);
  expect(collect).not.toHaveBeenCalled();
});

it('a read of forecasts keeps nothing of the series after one that is refused', async () => {
  const refuse = () => {
    throw refusal;
  };
  const { beats, read } = setUp({ metric: { isForecast: true }, read: refuse });
  await expect(read()).rejects.toMatchObject({ code: 'LimitExceeded' });
  expect(beats.size(0)).toBe(1);
});
