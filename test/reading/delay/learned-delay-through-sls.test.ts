import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Emulator } from '../../../emulator/emulator.ts';
import { Delays } from '../../../src/reading/delay/delays.ts';
import { outcomeFromResult, planBatches } from '../../../src/reading/plan.ts';
import { SampleStore } from '../../../src/reading/sample-store.ts';
import { AggregateSource } from '../../../src/sls/aggregate-source.ts';
import { parseEndpointUrl, type Endpoint } from '../../../src/sls/endpoint.ts';
import { countSeconds } from '../../../src/sls/second-counts.ts';
import { alive, createClient, logstore, project, startSls, type TestClient } from '../../sls/sls-client.ts';
import { TestClock } from '../../support/test-clock.ts';
import {
  badShare,
  defaultSettings,
  lateLines,
  LineCounts,
  secondsUntil,
  type Readings,
  type Traffic,
} from './late-logs.ts';
import { betweenProbesMs } from './probed-logstore.ts';
import { seriesWith } from '../series.ts';
import { seeded } from '../../support/seeded.ts';

/** 20 routes with 1 to 50 requests a second, most of them with few. */
const rates = Array.from({ length: 20 }, (_, route) => 50 ** (route / 19));
const routeName = (route: number) => `default-app-${route}`;
const series = rates.map((_, route) => seriesWith({ project, logstore, route: routeName(route) }));
const fields = { proxy_upstream_name: 'text', proxy_alternative_upstream_name: 'text' } as const;
const betweenReadingsSeconds = 5;

/** Lines come 1 to 4 s late, but 20 s late between these two moments. */
const jumpAt = 220;
const backAt = 320;
const seconds = 540;

const clock = new TestClock();
const fromSeconds = clock.nowSeconds;
const traffic: Traffic = {
  fromSeconds,
  seconds,
  rates,
  lagSeconds: (loggedAt, random) => {
    const at = loggedAt - fromSeconds;
    return at >= jumpAt && at < backAt ? 20 : 1 + 3 * random();
  },
};
const lines = lateLines(traffic, seeded(7));
const linesBySecond = Map.groupBy(lines, ({ loggedAt }) => Math.floor(loggedAt));
/** The counts once all lines have arrived. */
const final = new LineCounts(traffic);
for (const line of lines) final.add(line);

let emulator: Emulator;
let sls: TestClient;
let endpoint: Endpoint;
/** The lag of the lines that are appended next. */
let lagMs = 0;
let delays: Delays;
let probes = 0;
const readings: Readings[] = [];
const faults: string[] = [];

beforeAll(async () => {
  const narrow = { project, logstore, index: { fields } };
  emulator = await startSls({ clock, ingestLagMs: () => lagMs, logstores: [narrow] });
  endpoint = parseEndpointUrl(emulator.url);
  sls = createClient();
  delays = new Delays({
    maxLogstores: 100,
    clock,
    monotonicMs: clock.monotonicMs,
    store: new SampleStore(1),
    endpointOf: () => endpoint,
    settingsOf: () => ({ delay: defaultSettings }),
    query: async (query, signal) => (await countSeconds(sls.client, query, signal)).lines,
    observer: {
      delayLearned: () => undefined,
      probeFailing: ({ error }) => faults.push(error.message),
      probeRecovered: () => undefined,
    },
  });
  await passTime();
});
afterAll(async () => {
  sls.client.close();
  await emulator.stop();
});

/** Appends, reads and probes second by second. */
async function passTime(): Promise<void> {
  const source = new AggregateSource(sls.client);
  let probeAtMs = clock.now() + 3210;
  for (let second = fromSeconds; second < fromSeconds + seconds; second++) {
    clock.nowMs = second * 1000;
    await append(second - 1);
    if ((second - fromSeconds) % betweenReadingsSeconds === 0) readings.push(await readEveryRoute(source));
    if (probeAtMs >= (second + 1) * 1000) continue;
    clock.nowMs = probeAtMs;
    await delays.learn(series, alive());
    probes += 1;
    probeAtMs += betweenProbesMs;
  }
}

/** Appends the lines of a past second. Each becomes visible in its own time, rounded to half a second. */
async function append(second: number): Promise<void> {
  const added = linesBySecond.get(second) ?? [];
  for (const [halves, batch] of Map.groupBy(added, ({ visibleAt }) => Math.round(visibleAt * 2))) {
    lagMs = halves * 500 - clock.now();
    const records = batch.map(({ route }) => ({
      timeSeconds: second,
      fields: { proxy_upstream_name: routeName(route), proxy_alternative_upstream_name: '' },
    }));
    await emulator.sink(project, logstore).append(records);
  }
}

/** Reads with the delay learned so far. */
async function readEveryRoute(source: AggregateSource): Promise<Readings> {
  const at = clock.nowSeconds - fromSeconds;
  const delaySeconds = delays.secondsOf(series[0] ?? seriesWith());
  const batches = planBatches(series, {
    nowSeconds: clock.nowSeconds,
    endpointOf: () => endpoint,
    delaySecondsOf: () => delaySeconds,
    maxNamedRoutes: 200,
  });
  let made = 0;
  let bad = 0;
  for (const { query, series: members } of batches) {
    const { byRoute } = await source.query(query, alive());
    for (const one of members) {
      const outcome = outcomeFromResult(one, query.window, byRoute);
      const found = outcome.kind === 'sample' ? Math.round(outcome.sample.value * one.intervalSeconds) : NaN;
      const all = final.lines(series.indexOf(one), query.window);
      if (!(found <= all)) faults.push(`${one.route ?? ''} at ${at}: ${found} of ${all} lines`);
      if (all > 0) made += 1;
      if (found < 0.99 * all) bad += 1;
    }
  }
  return { at, delaySeconds, made, bad };
}

it('counts no line twice, fails no query, and probes at most 4 times a minute', () => {
  expect(faults).toEqual([]);
  expect(emulator.stats().queries).toBe(sls.events.length);
  expect(sls.events.length).toBe(probes + readings.length);
  expect(probes).toBeLessThanOrEqual((4 * seconds) / 60);
});

it('learns a delay below 6 s, and fewer than 1 % of the readings miss more than 1 % of their lines', () => {
  expect(secondsUntil(readings, 0, (delay) => delay < 6)).toBeLessThan(180);
  expect(badShare(readings, 0, jumpAt)).toBeLessThan(0.01);
});

it('follows a jump of the lag to 20 s within 2 minutes, and readings are complete from then on', () => {
  const followed = secondsUntil(readings, jumpAt, (delay) => delay > 20);
  expect(followed).toBeLessThan(120);
  expect(badShare(readings, jumpAt + followed, backAt)).toBeLessThan(0.01);
});

it('lowers the delay below 6 s again within 200 s, without an incomplete reading on the way', () => {
  expect(secondsUntil(readings, backAt, (delay) => delay < 6)).toBeLessThan(200);
  expect(badShare(readings, backAt)).toBe(0);
});
