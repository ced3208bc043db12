import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogRecord } from '../../../emulator/log-record.ts';
import { steady } from '../../../emulator/traffic/rate.ts';
import { demoRoutes } from '../../../emulator/traffic/routes.ts';
import { startTraffic, type TrafficOptions } from '../../../emulator/traffic/traffic.ts';
import { expectWithin } from '../../support/own-time.ts';
import { waitFor } from '../../support/wait-for.ts';

let ending: AbortController;
let records: LogRecord[];
let nowMs: number;

const sink = {
  append: (appended: readonly LogRecord[]) => {
    records.push(...appended);
    return Promise.resolve();
  },
};

beforeEach(() => {
  ending = new AbortController();
  records = [];
  nowMs = 1_795_444_841_000;
});

afterEach(() => ending.abort());

const routes = demoRoutes()
  .slice(1, 2)
  .map((route) => ({ ...route, rate: steady(10) }));

const options = (): TrafficOptions => ({
  routes,
  sink,
  clock: { now: () => nowMs },
  random: () => 0.5,
  signal: ending.signal,
});

describe('startTraffic', () => {
  it('writes the last 60 s before it resolves', async () => {
    await startTraffic(options());
    expect(records).toHaveLength(600);
    const perSecond = Map.groupBy(records, ({ timeSeconds }) => timeSeconds);
    expect([...perSecond.values()].map((group) => group.length)).toEqual(Array<number>(60).fill(10));
    expect(Math.min(...perSecond.keys())).toBe(1_795_444_781);
    expect(Math.max(...perSecond.keys())).toBe(1_795_444_840);
  });

  it('continues as time passes, with each record in its second', async () => {
    await startTraffic(options());
    nowMs += 2500;
    await waitFor(() => records.length > 600);
    expect(records.slice(600).map(({ timeSeconds }) => timeSeconds - 1_795_444_841)).toEqual([
      ...Array<number>(10).fill(0),
      ...Array<number>(10).fill(1),
      ...Array<number>(5).fill(2),
    ]);
  });

  it('appends a record within 100 ms of its time, by the real clock', async () => {
    const lags: number[] = [];
    const busy = routes.map((route) => ({ ...route, rate: steady(200) }));
    const startMs = Date.now();
    let appended = 0;
    await startTraffic({
      ...options(),
      routes: busy,
      startSeconds: startMs / 1000,
      clock: { now: () => Date.now() },
      sink: {
        append: (batch) => {
          appended += batch.length;
          // The n-th request is due n / 200 s after the backfill began.
          lags.push(Date.now() - (startMs - 60_000 + (appended * 1000) / 200));
          return Promise.resolve();
        },
      },
    });
    await waitFor(() => lags.length > 6);
    expect(Math.min(...lags.slice(1))).toBeGreaterThan(-10);
    expectWithin(lags.toSorted((a, b) => a - b)[Math.floor(lags.length / 2)] ?? Infinity, 100);
  });

  it('starts the rates at the given time', async () => {
    const late = routes.map((route) => ({ ...route, rate: (t: number) => (t < 100 ? 0 : 10) }));
    await startTraffic({ ...options(), routes: late, startSeconds: nowMs / 1000 - 130 });
    expect(records).toHaveLength(300);
  });

  it('writes at most the last 60 s after the process was paused', async () => {
    await startTraffic(options());
    nowMs += 3_600_000;
    await waitFor(() => records.length > 600);
    expect(records).toHaveLength(1200);
  });

  it('writes nothing while the clock is set back', async () => {
    let calls = 0;
    const clock = { now: () => (calls++, nowMs) };
    await startTraffic({ ...options(), clock });
    nowMs -= 10_000;
    const before = calls;
    await waitFor(() => calls >= before + 2);
    nowMs += 11_000;
    await waitFor(() => records.length > 600);
    expect(records).toHaveLength(610);
  });

  it('spreads arrivals at random with jitter', async () => {
    await startTraffic({ ...options(), jitter: true, random: Math.random });
    const counts = [...Map.groupBy(records, ({ timeSeconds }) => timeSeconds).values()].map(
      (group) => group.length,
    );
    expect(new Set(counts).size).toBeGreaterThan(3);
  });

  it('ends with the signal, and writes nothing after it', async () => {
    const { done } = await startTraffic(options());
    ending.abort();
    await done;
    nowMs += 5000;
    expect(records).toHaveLength(600);
  });

  it('fails if the sink fails', async () => {
    const broken = { append: () => Promise.reject(new Error('store is closed')) };
    await expect(startTraffic({ ...options(), sink: broken })).rejects.toThrow('store is closed');
    let open = true;
    const { done } = await startTraffic({
      ...options(),
      sink: { append: () => (open ? Promise.resolve() : Promise.reject(new Error('store is closed'))) },
    });
    open = false;
    nowMs += 1000;
    await expect(done).rejects.toThrow('store is closed');
  });
});
