import { expect, it, vi } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { Collector } from '../../src/reading/collector.ts';
import { ReadBeats } from '../../src/reading/pace/read-beats.ts';
import { Reader } from '../../src/reading/reader.ts';
import { SampleStore } from '../../src/reading/sample-store.ts';
import { seriesWith } from './series.ts';

it('a read of refused series ends at the first of them, and asks nothing', async () => {
  const beats = new ReadBeats(10);
  const refuse = vi.spyOn(beats, 'read').mockReturnValue(new AdapterError('LimitExceeded', 'too many'));
  const collect = vi.spyOn(Collector.prototype, 'collect');
  const reader = new Reader({
    store: new SampleStore(10),
    collector: Object.create(Collector.prototype) as Collector,
    complete: { answer: () => undefined },
    beats,
    forecasts: { read: () => [] },
    settingsOf: () => ({ freshnessMs: 5000, maxStaleMs: 60_000, patienceMs: 20 }),
    monotonicMs: () => 0,
  });
  const series = ['a', 'b', 'c'].map((route) => seriesWith({ route }));
  const [one] = series;
  if (one === undefined) throw new Error('there are no series');
  const request = { ...one, routes: ['a', 'b', 'c'], maxRetries: 0, series };
  await expect(reader.read(request, new AbortController().signal)).rejects.toMatchObject({
    code: 'LimitExceeded',
  });
  expect(refuse).toHaveBeenCalledTimes(1);
  expect(collect).not.toHaveBeenCalled();
});
