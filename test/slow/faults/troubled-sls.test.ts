import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Faults } from '../../../emulator/faults.ts';
import { project } from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { waitFor } from '../../support/wait-for.ts';
import { expectSame, footprintOf } from './aftermath.ts';
import { faultScale, type FleetSettings } from './fleet-settings.ts';
import { logstores, startFleet, type Fleet } from './fleet.ts';
import type { Footprint } from './footprint.ts';
import { tooSlow } from './read-checker.ts';

const scale = faultScale(process.env);
const { settings, faultSeconds, recoverySeconds, slowMs } = scale;
const timeoutMs = (4 * (faultSeconds + recoverySeconds) + 60) * 1000;

/** Stale readings are served for long enough that no read need fail. */
const lasting: FleetSettings = { ...settings, maxStale: Math.max(settings.maxStale, 20) };

/** What SLS may take where it is slow. */
const slowSeconds = Math.max(settings.readTimeout, 3 + slowMs / 1000);

/** By each refresh of each logstore, retries included, and by reads where that is late. */
const mostQueries = (seconds: number, attempts: number) =>
  2 * attempts * logstores.length * (Math.ceil(seconds / settings.refresh) + 1);

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** A logstore and a project that are not there, again and again. */
async function readOthers({ adapter }: Fleet, signal: AbortSignal): Promise<void> {
  const read = (labels: Readonly<Record<string, string>>) =>
    adapter.read('sls_ingress_qps', { 'sls.ingress.route': 'default-web-0-1-80', ...labels });
  while (!signal.aborted) {
    const noLogstore = await read({ 'sls.project': project, 'sls.logstore': 'nginx-ingres' });
    expectStatus(noLogstore, 404, 'LogstoreNotFound', /Check sls\.logstore/);
    const noProject = await read({ 'sls.project': 'k8s-log-tset', 'sls.logstore': logstores[0] });
    if (noProject.statusCode === 503)
      expectStatus(noProject, 503, 'CircuitOpen', /project k8s-log-tset.*ProjectNotExist/);
    else expectStatus(noProject, 404, 'ProjectNotFound', /Check sls\.project/);
    await sleep(500, undefined, { signal }).catch(() => undefined);
  }
}

describe('while SLS answers some queries', () => {
  let failing: Fleet;
  let slow: Fleet;
  let crowded: Fleet;
  let stepping: Fleet;
  const fleets = () => [failing, slow, crowded, stepping];
  let before: Footprint;

  beforeAll(async () => {
    failing = await startFleet(lasting);
    slow = await startFleet({ ...lasting, readTimeout: slowSeconds, deadline: slowSeconds });
    crowded = await startFleet(lasting);
    stepping = await startFleet(settings);
    before = await footprintOf(fleets());
  }, 120_000);
  afterAll(() => Promise.all(fleets().map(async (fleet) => fleet[Symbol.asyncDispose]())), 60_000);

  /** What a fleet reads while something goes wrong: numbers, every one. */
  const numbersUnder = async (faults: Faults, { reading, credentials, sls }: Fleet) => {
    await reading.recovered(60_000);
    reading.forget();
    const [askedBefore, startMs] = [credentials.asked, performance.now()];
    sls.setFaults(faults);
    await sleep(faultSeconds * 1000);
    sls.setFaults({});
    const queries = credentials.asked - askedBefore;
    const reads = [...reading.reads];
    reading.noneWrong();
    expect(reads.flatMap(({ finding }) => (finding.kind === 'failure' ? finding.code : []))).toEqual([]);
    return { reads, queries, seconds: (performance.now() - startMs) / 1000 };
  };

  it.concurrent(
    'three of ten queries fail: no read does',
    async () => {
      const { queries, seconds } = await numbersUnder({ errorRate: 0.3 }, failing);
      expect(queries).toBeLessThanOrEqual(mostQueries(seconds, 6));
      expect(await failing.reading.recovered(60_000)).toBeLessThan(recoverySeconds);
    },
    timeoutMs,
  );

  it.concurrent(
    'every answer takes longer than patience: reads are stale, and none piles up',
    async () => {
      const { reads, queries, seconds } = await numbersUnder({ latencyMs: slowMs }, slow);
      // The first come from before SLS was slow.
      const late = reads.slice(reads.length / 2);
      expect(median(late.map(({ tookMs }) => tookMs))).toBeLessThan((settings.patience + 1) * 1000);
      expect(queries).toBeLessThanOrEqual(mostQueries(seconds, 1));
      expect(slow.sls.stats().peakConcurrency).toBeLessThanOrEqual(settings.maxConcurrent);
      expect(await slow.reading.recovered(60_000)).toBeLessThan(recoverySeconds);
    },
    timeoutMs,
  );

  it.concurrent(
    'one HPA names a logstore that is not there, another a project: the others read as ever',
    async () => {
      const ending = new AbortController();
      const readingOthers = readOthers(crowded, ending.signal);
      const { reads, queries, seconds } = await numbersUnder({}, crowded).finally(() => ending.abort());
      await readingOthers;
      expect(median(reads.map(({ tookMs }) => tookMs))).toBeLessThan(1000);
      // Those of two more logstores come on top.
      expect(queries).toBeLessThanOrEqual(2 * mostQueries(seconds, 1));
    },
    timeoutMs,
  );

  /** Nobody reads at the moment of a step, so that each read is of one time. */
  const stepBy = async ({ reading, clock }: Fleet, ms: number) => {
    await reading.rest();
    reading.noneWrong();
    clock.stepMs += ms;
    reading.forget();
    reading.resume();
  };

  const back = async (fleet: Fleet) => {
    await stepBy(fleet, -fleet.clock.stepMs);
    expect(await fleet.reading.recovered(60_000)).toBeLessThan(recoverySeconds);
  };

  it.concurrent(
    'the clock steps, and back: no reading of the wrong time, and all readings once it is right',
    async () => {
      const { judge, reading, routes } = stepping;
      judge.due = new Set(['ClockSkewed', ...tooSlow]);
      const refused = () =>
        new Set(
          reading.reads.flatMap(({ route, finding }) =>
            finding.kind === 'failure' && finding.code === 'ClockSkewed' ? route : [],
          ),
        );
      for (const ms of [600_000, -3_600_000]) {
        await stepBy(stepping, ms);
        await waitFor(
          () => reading.noneWrong() && refused().size === routes.length,
          60_000,
          'every route is refused',
        );
        await back(stepping);
      }
      // About what is tolerated.
      for (const ms of [-3000, 2000, 3000]) {
        await stepBy(stepping, ms);
        await sleep(settings.maxStale * 1000);
        await back(stepping);
      }
    },
    timeoutMs,
  );

  it('leaves memory and connections as they were', async () => {
    expectSame(before, await footprintOf(fleets()), fleets());
  }, 60_000);
});
