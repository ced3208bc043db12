import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import type { Series } from '../../src/metric/series.ts';
import { ReadBeats } from '../../src/reading/pace/read-beats.ts';
import { Prefetcher, type PrefetcherContext, type PrefetchObserver } from '../../src/reading/prefetcher.ts';
import { waitFor } from '../support/wait-for.ts';
import { createCollector } from './collector-harness.ts';
import { seriesWith } from './series.ts';

const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });
const elsewhere = seriesWith({ route: 'a', project: 'p2' });
const here = { project: 'p1', logstore: 'nginx-ingress' };
const periodMs = 15_000;

let stop: AbortController;
let beats: ReadBeats;
let running: Promise<void>;
let events: { failing: Parameters<PrefetchObserver['refreshFailing']>[0][]; recovered: number };
let learnt: Series[][];

beforeEach(() => {
  stop = new AbortController();
  beats = new ReadBeats(100);
  running = Promise.resolve();
  events = { failing: [], recovered: 0 };
  learnt = [];
});
afterEach(async () => {
  stop.abort();
  await running;
});

/** A prefetcher whose pauses move the clock at once, to the reads on the way. */
function start(changes: Partial<PrefetcherContext> = {}) {
  const { collector, sls, clock, delivered: stored } = createCollector({}, { gatherMs: 0 });
  const startMs = clock.now();
  type Times = Record<'everyMs' | 'atMs' | 'untilMs', number>;
  const reads: (Times & { readonly series: Series; readonly namespace: string })[] = [];
  const readUntil = (endMs: number) => {
    for (;;) {
      const next = reads.toSorted((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined || next.atMs > endMs) break;
      clock.nowMs = next.atMs;
      beats.read(next.series, { namespace: next.namespace, user: 'hpa' }, next.atMs);
      next.atMs = next.atMs + next.everyMs > next.untilMs ? Infinity : next.atMs + next.everyMs;
    }
    clock.nowMs = endMs;
  };
  const prefetcher = new Prefetcher({
    beats,
    collector,
    budgetOf: () => 4,
    learnDelay: (series) => {
      learnt.push([...series]);
      return Promise.resolve();
    },
    isServed: (series) => series === a,
    monotonicMs: clock.monotonicMs,
    clock,
    pause: async (pauseMs) => {
      await nextTurn();
      if (!stop.signal.aborted) readUntil(clock.now() + pauseMs);
    },
    observer: {
      refreshFailing: (event) => events.failing.push(event),
      refreshRecovered: () => (events.recovered += 1),
    },
    ...changes,
  });
  running = prefetcher.run(stop.signal);
  const secondsOf = () => (clock.now() - startMs) / 1000;
  const sizeOf = () => beats.size(clock.now());
  return {
    sizeOf,
    sls,
    clock,
    stored,
    secondsOf,
    readUntil: (seconds: number) => readUntil(startMs + seconds * 1000),
    /** Reads the series in a beat. */
    read: (series: Series, from: number, to = Infinity, everyMs = periodMs, namespace = 'shop') =>
      reads.push({
        ...{ series, everyMs, namespace },
        ...{ atMs: startMs + from * 1000, untilMs: startMs + to * 1000 },
      }),
  };
}

describe('a series that is read in a beat', () => {
  it('is refreshed so that the refresh ends just before each read', async () => {
    const { sls, read, readUntil, secondsOf } = start();
    read(a, 0);
    readUntil(30);
    const starts: number[] = [];
    for (const n of [0, 1, 2]) {
      const { query, answer } = await sls.nth(n);
      starts.push(secondsOf());
      expect(query.routes).toEqual(['a']);
      answer();
    }
    // The first refresh is expected to take 0.3 s; these took no time.
    expect(starts[0]).toBeCloseTo(44.45, 1);
    expect(starts[1]).toBeCloseTo(59.75, 1);
    expect(starts[2]).toBeCloseTo(74.75, 1);
    expect(learnt[0]).toEqual([a]);
  });

  it('shares its refresh with the series that are read within a second after it', async () => {
    const { sls, read, readUntil } = start();
    read(a, 0);
    read(b, 0.9);
    readUntil(31);
    const { query, answer } = await sls.nth(0);
    expect(query.routes).toEqual(['a', 'b']);
    answer();
  });

  it('is not refreshed for reads of another series seconds later', async () => {
    const { sls, read, readUntil } = start();
    read(a, 0);
    read(b, 6);
    readUntil(36);
    const routes = [];
    for (const n of [0, 1, 2, 3]) {
      const { query, answer } = await sls.nth(n);
      routes.push(query.routes?.join());
      answer();
    }
    expect(routes).toEqual(['a', 'b', 'a', 'b']);
  });

  it('is not refreshed again while its refresh is in flight', async () => {
    const { sls, read, readUntil, clock } = start();
    read(a, 0);
    readUntil(30);
    const { answer } = await sls.nth(0);
    clock.advance(40_000);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(sls.sent).toHaveLength(1);
    answer();
  });

  it('is refreshed even if the refresh of another logstore hangs', async () => {
    const { sls, read, readUntil } = start();
    read(elsewhere, 0);
    read(a, 5);
    readUntil(35);
    expect((await sls.nth(0)).query.project).toBe('p2');
    for (const n of [1, 2, 3]) {
      const { query, answer } = await sls.nth(n);
      expect(query.project).toBe('p1');
      answer();
    }
  });

  it('is refreshed no more when its reads have ended, and again after further reads', async () => {
    const { sls, read, readUntil, secondsOf, sizeOf } = start();
    read(a, 0, 30);
    readUntil(30);
    // Two reads may be missed.
    for (const n of [0, 1, 2]) (await sls.nth(n)).answer();
    await waitFor(() => sizeOf() === 0);
    expect(sls.sent).toHaveLength(3);
    expect(secondsOf()).toBeLessThan(90);
    read(b, 200);
    readUntil(230);
    const next = await sls.nth(3);
    expect(next.query.routes).toEqual(['b']);
    next.answer();
  });

  it('is refreshed in its beat while a refresh for another namespace takes long', async () => {
    const { sls, read, readUntil, secondsOf } = start();
    read(a, 0);
    const window = seriesWith({ route: 'a', intervalSeconds: 600 });
    read(window, 0.1, Infinity, periodMs, 'tenant');
    readUntil(31);
    const starts: number[] = [];
    for (const n of [0, 1, 2, 3]) {
      const { query, answer } = await sls.nth(n);
      if (query.window.endSeconds - query.window.startSeconds === 600) continue;
      starts.push(secondsOf());
      answer();
    }
    expect(starts).toHaveLength(3);
    expect(starts[2]).toBeCloseTo(74.5, 0);
  });

  it('is refreshed again after failures, which are reported when they begin, change or end', async () => {
    const { sls, read, readUntil } = start();
    read(a, 0);
    readUntil(30);
    const refused = () => new AdapterError('LogstoreNotFound', 'none');
    for (const n of [0, 1]) (await sls.nth(n)).fail(refused());
    (await sls.nth(2)).fail(new AdapterError('IndexMissing', 'none'));
    (await sls.nth(3)).answer();
    (await sls.nth(4)).answer();
    (await sls.nth(5)).fail(refused());
    await sls.nth(6);
    expect(events.failing.map(({ error, ...event }) => ({ ...event, code: error.code }))).toEqual(
      ['LogstoreNotFound', 'IndexMissing', 'LogstoreNotFound'].map((code) => ({
        ...{ ...here, namespace: 'shop', failed: 1, served: 1, wanted: 1, code },
      })),
    );
    expect(events.recovered).toBe(1);
  });
});

describe('series of one logstore that are read all the time', () => {
  it('share as many refreshes in 15 s as the budget allows, or one more for once', async () => {
    const { sls, read, readUntil, secondsOf } = start();
    const many = Array.from({ length: 30 }, (_, index) => seriesWith({ route: `r${index}` }));
    for (const [index, series] of many.entries()) read(series, index / 2);
    readUntil(45);
    const starts: number[] = [];
    for (let n = 0; n < 13; n += 1) {
      const { answer } = await sls.nth(n);
      starts.push(secondsOf());
      answer();
    }
    for (const [index, seconds] of starts.slice(5).entries())
      expect(seconds - (starts[index] ?? 0)).toBeGreaterThanOrEqual(15);
    expect((starts[12] ?? 0) - (starts[0] ?? 0)).toBeLessThan(49);
  });

  it('are not refreshed with a budget of 0, but their delay is learned', async () => {
    const { sls, read, readUntil } = start({ budgetOf: () => 0 });
    read(a, 0);
    readUntil(60);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(sls.sent).toEqual([]);
    expect(learnt.length).toBeGreaterThan(2);
    expect(learnt.flat()).toContain(a);
  });
});

it('learns the delay at reads without a beat too, which no refresh waits for', () => {
  const { clock } = start();
  const startMs = clock.now();
  for (const seconds of [0, 4, 24, 62, 73, 133, 138, 167]) {
    clock.nowMs = startMs + seconds * 1000;
    beats.read(a, { namespace: 'shop', user: 'hpa' }, clock.nowMs);
  }
  expect(learnt).toEqual([[a], [a], [a], [a], [a]]);
});

it('learns the delay in one call at a time, without delaying refreshes', async () => {
  const learning = Promise.withResolvers<undefined>();
  let asked = 0;
  const learnDelay = () => {
    asked += 1;
    return learning.promise;
  };
  const { sls, read, readUntil } = start({ learnDelay });
  read(a, 0);
  readUntil(30);
  for (const n of [0, 1, 2]) (await sls.nth(n)).answer();
  await sls.nth(3);
  expect(asked).toBe(1);
  learning.resolve(undefined);
});

it('cancels its queries when it is stopped, and starts no more', async () => {
  const { sls, read, readUntil } = start();
  read(a, 0);
  readUntil(30);
  const { signal } = await sls.nth(0);
  stop.abort();
  await running;
  expect(signal.aborted).toBe(true);
  read(elsewhere, 40);
  readUntil(90);
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  expect(sls.sent).toHaveLength(1);
});
