import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import type { Series } from '../../src/metric/series.ts';
import { Prefetcher, type PrefetcherContext, type PrefetchObserver } from '../../src/reading/prefetcher.ts';
import { WantedSeries } from '../../src/reading/wanted-series.ts';
import { waitFor } from '../support/wait-for.ts';
import { createCollector } from './collector-harness.ts';
import { seriesWith } from './series.ts';

const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });
const elsewhere = seriesWith({ route: 'a', project: 'p2' });
const here = { project: 'p1', logstore: 'nginx-ingress' };

let stop: AbortController;
let wanted: WantedSeries;
let running: Promise<void>;
let events: { failing: Parameters<PrefetchObserver['refreshFailing']>[0][]; recovered: number };
let learnt: Series[][];

beforeEach(() => {
  stop = new AbortController();
  wanted = new WantedSeries(100);
  running = Promise.resolve();
  events = { failing: [], recovered: 0 };
  learnt = [];
});
afterEach(async () => {
  stop.abort();
  await running;
});

function start(changes: Partial<PrefetcherContext> = {}) {
  const { collector, sls, clock, delivered: stored } = createCollector();
  const prefetcher = new Prefetcher({
    wanted,
    collector,
    refreshMsOf: () => 10,
    learnDelay: (series) => {
      learnt.push([...series]);
      return Promise.resolve();
    },
    isServed: (series) => series === a,
    clock,
    random: () => 0,
    observer: {
      refreshFailing: (event) => events.failing.push(event),
      refreshRecovered: () => (events.recovered += 1),
    },
    ...changes,
  });
  running = prefetcher.run(stop.signal);
  return { sls, clock, stored };
}

describe('a wanted series', () => {
  it('is refreshed repeatedly, in one query with the others of its logstore', async () => {
    const { sls, clock, stored } = start();
    wanted.read(a, clock.now());
    wanted.name('default/hpa', [b]);
    for (const n of [0, 1, 2]) {
      const { query, answer } = await sls.nth(n);
      expect(query.routes).toEqual(['a', 'b']);
      answer();
    }
    await waitFor(() => stored.length === 6);
    expect(learnt.length).toBeGreaterThanOrEqual(3);
    expect(learnt[0]).toEqual([a, b]);
  });

  it('is not refreshed again while its refresh is in flight', async () => {
    const { sls, clock } = start();
    wanted.read(a, clock.now());
    const { answer } = await sls.nth(0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(sls.sent).toHaveLength(1);
    answer();
    (await sls.nth(1)).answer();
  });

  it('is refreshed even if the refresh of another logstore hangs', async () => {
    const { sls, clock } = start();
    wanted.read(elsewhere, clock.now());
    await sls.nth(0);
    wanted.read(a, clock.now());
    for (const n of [1, 2, 3]) {
      const { query, answer } = await sls.nth(n);
      expect(query.project).toBe('p1');
      answer();
    }
  });

  it('is dropped when it is no longer read, and refreshed again after the next read', async () => {
    const { sls, clock } = start();
    wanted.read(a, clock.now());
    const first = await sls.nth(0);
    clock.advance(121_000);
    first.answer();
    await waitFor(() => wanted.size === 0);
    const { length } = sls.sent;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(sls.sent).toHaveLength(length);
    wanted.read(b, clock.now());
    const next = await sls.nth(length);
    expect(next.query.routes).toEqual(['b']);
    next.answer();
  });

  it('is refreshed again after failures, which are reported when they begin, change or end', async () => {
    const { sls, clock } = start();
    wanted.read(a, clock.now());
    const refused = () => new AdapterError('LogstoreNotFound', 'none');
    for (const n of [0, 1]) (await sls.nth(n)).fail(refused());
    (await sls.nth(2)).fail(new AdapterError('IndexMissing', 'none'));
    (await sls.nth(3)).answer();
    (await sls.nth(4)).answer();
    (await sls.nth(5)).fail(refused());
    await sls.nth(6);
    expect(events.failing.map(({ error, ...event }) => ({ ...event, code: error.code }))).toEqual(
      ['LogstoreNotFound', 'IndexMissing', 'LogstoreNotFound'].map((code) => ({
        ...here,
        failed: 1,
        served: 1,
        wanted: 1,
        code,
      })),
    );
    expect(events.recovered).toBe(1);
  });
});

it('starts the refreshes of each logstore at a random time', async () => {
  const pauses = [0.9, 0];
  const { sls, clock } = start({ random: () => pauses.shift() ?? 0, refreshMsOf: () => 200 });
  wanted.read(a, clock.now());
  wanted.read(elsewhere, clock.now());
  expect((await sls.nth(0)).query.project).toBe('p2');
  expect((await sls.nth(1)).query.project).toBe('p1');
});

it('learns the delay in one call at a time, without delaying refreshes', async () => {
  const learning = Promise.withResolvers<undefined>();
  let asked = 0;
  const learnDelay = () => {
    asked += 1;
    return learning.promise;
  };
  const { sls, clock } = start({ learnDelay });
  wanted.read(a, clock.now());
  for (const n of [0, 1, 2]) (await sls.nth(n)).answer();
  await sls.nth(3);
  expect(asked).toBe(1);
  learning.resolve(undefined);
});

it('cancels its queries when it is stopped, and starts no more', async () => {
  const { sls, clock } = start();
  wanted.read(a, clock.now());
  const { signal } = await sls.nth(0);
  stop.abort();
  await running;
  expect(signal.aborted).toBe(true);
  wanted.read(elsewhere, clock.now());
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(sls.sent).toHaveLength(1);
});
