import { expect, it } from 'vitest';
import type { ReadingChange, SeriesStatus } from '../../../src/status/status-document.ts';
import { seriesWith } from '../../reading/series.ts';
import { TestClock } from '../../support/test-clock.ts';
import { createTracker, putReading } from '../status-bench.ts';

/** What the test needs of `model.js`, which runs in browsers. */
interface PageModel {
  applySeries(all: readonly SeriesStatus[]): void;
  applyReadings(changes: readonly ReadingChange[]): void;
  entries(): readonly { readonly series: SeriesStatus }[];
}
const file = new URL('../../../src/status-page/page/model.js', import.meta.url).href;
const { Model } = (await import(file)) as { readonly Model: new () => PageModel };

/** A page that got all rows when the first reading was there. */
async function openPage() {
  const clock = new TestClock();
  const tracker = createTracker(clock);
  const put = (value: number) => putReading(tracker, seriesWith(), value, clock.now());
  tracker.recordChanges(true);
  put(12);
  const model = new Model();
  for await (const rows of tracker.allSeries()) model.applySeries(rows);
  const receive = async () => {
    for await (const { kind, data } of tracker.changes()) {
      if (kind === 'rows') model.applySeries(data);
      if (kind === 'readings') model.applyReadings(data);
    }
    const [{ series } = { series: undefined }] = model.entries();
    return [series?.value, series?.history];
  };
  return { clock, put, receive };
}

it('shows a reading that a row had already once in the sparkline', async () => {
  const { clock, put, receive } = await openPage();
  await receive();
  clock.advance(1000);
  put(38);
  expect(await receive()).toEqual([38, [12, 38]]);
});

it('shows the last of two readings of one second', async () => {
  const { put, receive } = await openPage();
  await receive();
  put(38);
  expect(await receive()).toEqual([38, [38]]);
});

it('shows new readings after the clock of the adapter was set back', async () => {
  const { clock, put, receive } = await openPage();
  await receive();
  clock.setBy(-600_000);
  put(38);
  expect(await receive()).toEqual([38, [12, 38]]);
});
