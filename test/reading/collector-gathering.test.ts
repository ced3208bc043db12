import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import type { Outcome } from '../../src/metric/sample.ts';
import { alive, createCollector, values } from './collector-harness.ts';
import { seriesWith } from './series.ts';
import { RecentRoutes } from '../../src/reading/sample-store.ts';

const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });
const elsewhere = seriesWith({ route: 'a', project: 'p2' });
const throttled = () => new AdapterError('SlsThrottled', 'too many');

describe('series that are asked for while a query of their logstore is in flight', () => {
  it('are queued until that query ends and then sent in one query', async () => {
    const { collector, sls } = createCollector({}, { holdMs: 60_000 });
    const first = collector.collect([a], 0, alive());
    const inFlight = await sls.nth(0);
    const readings: Promise<Outcome[]>[] = [];
    for (const route of ['b', 'c', 'd']) {
      readings.push(collector.collect([seriesWith({ route })], 0, alive()));
      // Longer than `gatherMs`.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(sls.sent).toHaveLength(1);
    inFlight.answer();
    const { query, answer } = await sls.nth(1);
    expect(query.routes).toEqual(['b', 'c', 'd']);
    answer(30);
    expect((await Promise.all([first, ...readings])).map(values)).toEqual([[1], [2], [2], [2]]);
    expect(sls.sent).toHaveLength(2);
  });

  it('are queued no longer than holdMs', async () => {
    const { collector, sls } = createCollector({}, { holdMs: 20 });
    const first = collector.collect([a], 0, alive());
    const slow = await sls.nth(0);
    const second = collector.collect([b], 0, alive());
    (await sls.nth(1)).answer();
    expect(values(await second)).toEqual([1]);
    slow.answer();
    await first;
  });

  it('are sent also if that query fails', async () => {
    const { collector, sls } = createCollector({}, { holdMs: 60_000 });
    const first = collector.collect([a], 0, alive());
    const inFlight = await sls.nth(0);
    const second = collector.collect([b], 0, alive());
    inFlight.fail(throttled());
    (await sls.nth(1)).answer();
    expect((await Promise.all([first, second])).map(values)).toEqual([['SlsThrottled'], [1]]);
  });

  it.each([
    ['project', elsewhere],
    ['logstore', seriesWith({ route: 'a', logstore: 'other' })],
  ])('do not wait for a query of another %s', async (_, other) => {
    const { collector, sls } = createCollector({}, { holdMs: 60_000 });
    const first = collector.collect([other], 0, alive());
    const slow = await sls.nth(0);
    const second = collector.collect([a], 0, alive());
    (await sls.nth(1)).answer();
    await second;
    slow.answer();
    await first;
  });

  it('wait for that query also if the logstore was asked before, and other logstores meanwhile', async () => {
    const { collector, sls } = createCollector({}, { holdMs: 60_000 });
    const before = collector.collect([a], 0, alive());
    (await sls.nth(0)).answer();
    await before;
    const first = collector.collect([a], 0, alive());
    const slow = await sls.nth(1);
    const other = collector.collect([elsewhere], 0, alive());
    (await sls.nth(2)).answer();
    await other;
    const second = collector.collect([b], 0, alive());
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sls.sent).toHaveLength(3);
    slow.answer();
    (await sls.nth(3)).answer();
    await Promise.all([first, second]);
  });
});

describe('the routes that were asked for lately', () => {
  const nowMs = 1_700_000_000_000;

  it('counts the different routes that the last 15 s asked for, by group', () => {
    const recent = new RecentRoutes();
    expect(recent.add('qps', ['a', 'b'], nowMs)).toBe(2);
    expect(recent.add('qps', ['b', 'c'], nowMs + 10_000)).toBe(3);
    expect(recent.add('latency', ['d'], nowMs + 10_000)).toBe(1);
    expect(recent.add('qps', ['d'], nowMs + 20_000)).toBe(3);
    expect(recent.add('qps', ['d'], nowMs + 40_000)).toBe(1);
  });

  it('counts all routes of one query, however many', () => {
    const recent = new RecentRoutes();
    const routes = Array.from({ length: 3000 }, (_, index) => `r${index}`);
    expect(recent.add('qps', routes, nowMs)).toBe(3000);
  });
});
