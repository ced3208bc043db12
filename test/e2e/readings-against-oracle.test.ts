import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anyMetricsWorld } from './oracle/any-metrics-world.ts';
import { anyRisingWorld } from './oracle/any-rising-world.ts';
import { anyStallWorld } from './oracle/any-stall-world.ts';
import { anyWideWorld } from './oracle/any-wide-world.ts';
import { anyWorld } from './oracle/any-world.ts';
import { Comparison } from './oracle/comparison.ts';
import { kinds } from './oracle/gateway-requests.ts';
import { metricOracles } from './oracle/log-oracle.ts';
import { Scene } from './oracle/scene.ts';
import { SlsPair } from './oracle/sls-pair.ts';
import { logTraffic } from './oracle/world-log.ts';
import {
  lastSecond,
  longestDelaySeconds,
  longestWindowSeconds,
  type Asked,
  type AskedSet,
  type World,
} from './oracle/world.ts';
import { listMetrics } from '../support/catalog.ts';

// Set READINGS_SETS=50000 for a long run, READINGS_SEED for other worlds, READINGS_SHRINK=1 to shrink a failing world, which
// takes minutes.
const seed = Number(process.env['READINGS_SEED'] ?? 4);
/** The least number of sets of requests to draw. */
const wantedSets = Number(process.env['READINGS_SETS'] ?? 200);
const run = { endOnFailure: process.env['READINGS_SHRINK'] === undefined };
/** The average number of sets in a world. */
const setsAWorld = 22;

let sls: SlsPair;
let comparison: Comparison;
let drawnSets = 0;

beforeAll(async () => {
  sls = await SlsPair.start();
  comparison = new Comparison(sls);
});
afterAll(async () => {
  await sls.stop();
  console.log(`seed ${seed}, sets ${drawnSets}, queries sent ${sls.sent}, ${comparison.tally.toString()}`);
});

/** The time between two worlds, so that no window of one contains lines of the other. */
const apartMs = (longestWindowSeconds + longestDelaySeconds + lastSecond + 2) * 1000;

/** Appends the lines of a world and compares twice: while some lines are not visible yet, and when all are. */
async function compareWorld(
  comparison: Comparison,
  world: World,
  planningsOf: (set: AskedSet) => readonly AskedSet[],
): Promise<void> {
  drawnSets += world.sets.length;
  sls.widerSeconds = world.widerSeconds;
  sls.advance(apartMs + world.subsecondMs - (sls.clock.nowMs % 1000));
  const logged = await logTraffic(world, sls);
  sls.advance(world.arrivedAgoMs);
  const delaySecondsOf = (asked: Asked) => asked.delaySeconds ?? world.delaySeconds;
  const early = new Scene(sls.clock.nowMs, logged, delaySecondsOf);
  await comparison.compareAll(world.sets.flatMap(planningsOf), early);

  const longestLagMs = Math.max(0, ...world.traffic.map(({ lagMs }) => lagMs));
  sls.advance(Math.max(0, longestLagMs - world.arrivedAgoMs) + world.settledMs);
  // The delay grows by the time that has passed, so that the windows are the same.
  const laterSeconds = Math.trunc(sls.clock.nowMs / 1000) - Math.trunc(early.nowMs / 1000);
  const settled = new Scene(sls.clock.nowMs, logged, (asked) => delaySecondsOf(asked) + laterSeconds);
  await comparison.compareAll(world.sets, settled);
}

/** A set in one planning, and each of its series in its own planning. */
const batchedAndAlone = (set: AskedSet) => [set, ...set.asked.map((one) => ({ ...set, asked: [one] }))];

it('the oracle has an entry for every metric that is read, not forecast', () => {
  const names = listMetrics()
    .filter(({ isForecast }) => isForecast !== true)
    .map(({ name }) => name);
  const others = new Set(Object.values(kinds).map(({ prefix }) => prefix));
  for (const prefix of ['sls_ingress_', 'sls_alb_ingress_']) others.delete(prefix);
  const isOther = (name: string) => [...others].some((prefix) => name.startsWith(prefix));
  expect(Object.keys(metricOracles).sort()).toEqual(names.filter((name) => !isOther(name)));
});

it(
  'readings equal what the log contains, batched or alone, before and after late lines',
  { timeout: 3_600_000 },
  async () => {
    for (let round = 0; drawnSets < wantedSets; round += 1)
      await fc.assert(
        fc.asyncProperty(anyWorld, (world) => compareWorld(comparison, world, batchedAndAlone)),
        { ...run, seed: seed + round, numRuns: Math.ceil((wantedSets - drawnSets) / setsAWorld) },
      );
    const { readings, nonZero, batched, wholeLogstore, everyRoute, unsettled } = comparison.tally;
    // Enough of each kind, so that the comparison is meaningful.
    for (const kind of [nonZero, batched, wholeLogstore, everyRoute, unsettled])
      expect(kind).toBeGreaterThan(readings / 20);
  },
);

it(
  'readings equal what the log contains for lines of every form and every filter',
  { timeout: 3_600_000 },
  async () => {
    const ofForms = new Comparison(sls);
    await fc.assert(
      fc.asyncProperty(anyMetricsWorld, (world) => compareWorld(ofForms, world, (set) => [set])),
      { ...run, seed, numRuns: Math.ceil(wantedSets / 50) },
    );
    console.log(`lines of every form: ${ofForms.tally.toString()}`);
    const { readings, nonZero, unreadable } = ofForms.tally;
    expect(unreadable).toBeGreaterThan(readings / 30);
    expect(nonZero).toBeGreaterThan(readings / 4);
  },
);

it(
  'readings equal what was collected in their window, also while a collector stalls',
  { timeout: 3_600_000 },
  async () => {
    const whileStalled = new Comparison(sls);
    await fc.assert(
      fc.asyncProperty(anyStallWorld, (world) => compareWorld(whileStalled, world, (set) => [set])),
      { ...run, seed, numRuns: Math.ceil(wantedSets / 20) },
    );
    console.log(`collectors that stall: ${whileStalled.tally.toString()}`);
    const { readings, nonZero, unsettled } = whileStalled.tally;
    expect(nonZero).toBeGreaterThan(readings / 4);
    expect(unsettled).toBeGreaterThan(readings / 40);
  },
);

it(
  'readings of adaptive windows equal what the log contains in the window that they state',
  { timeout: 3_600_000 },
  async () => {
    const rising = new Comparison(sls);
    await fc.assert(
      fc.asyncProperty(anyRisingWorld, (world) => compareWorld(rising, world, (set) => [set])),
      { ...run, seed, numRuns: Math.ceil(wantedSets / 20) },
    );
    console.log(`requests that rise: ${rising.tally.toString()}`);
    expect(rising.tally.shrunk).toBeGreaterThan(rising.tally.readings / 20);
  },
);

it(
  'readings equal what the log contains for more routes than a search or a default LIMIT allows',
  { timeout: 3_600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(anyWideWorld, (world) =>
        compareWorld(comparison, world, (set) => batchedAndAlone(set).slice(0, 3)),
      ),
      { ...run, seed, numRuns: Math.ceil(wantedSets / 250) },
    );
  },
);
