import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Faults } from '../../../emulator/faults.ts';
import { project, type Reply } from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { waitFor } from '../../support/wait-for.ts';
import { faultScale, peakAtSls, type FleetSettings } from './fleet-settings.ts';
import { logstores, startFleet, type Fleet } from './fleet.ts';
import { expectSameFootprint, footprintAtRest, type Footprint } from './footprint.ts';
import { slowCodes } from './read-checker.ts';
import { expectWithin } from '../../support/own-time.ts';

const scale = faultScale(process.env);
const { settings, faultSeconds, recoverySeconds, slowMs } = scale;
const timeoutMs = (8 * (faultSeconds + recoverySeconds) + 600) * 1000;

/** Serves stale readings for long enough that no read needs to fail. */
const longStale: FleetSettings = { ...settings, maxStale: Math.max(settings.maxStale, 20) };

/** Read timeout and deadline for the slow SLS. */
const slowSeconds = Math.max(settings.readTimeout, 3 + slowMs / 1000);

/** Each refresh queries each logstore, with retries. Reads add queries if a refresh is late. */
const maxQueries = (seconds: number, attempts: number) =>
  2 * attempts * logstores.length * (Math.ceil((seconds * settings.refreshes) / 15) + 1);

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const recovers = async ({ reading }: Fleet) =>
  expectWithin(1000 * (await reading.waitForRecovery()), 1000 * recoverySeconds, 'the recovery');

/** SLS may be too slow at any time on a busy machine. */
const expectMissing = (reply: Reply, cause: string, message: RegExp) => {
  if (!slowCodes.some((code) => reply.text.includes(`"${code}"`))) expectStatus(reply, 404, cause, message);
};

/** Reads a logstore and a project that do not exist, every half second. */
async function readMissing({ adapter }: Fleet, signal: AbortSignal): Promise<void> {
  const read = (labels: Readonly<Record<string, string>>) =>
    adapter.read('sls_ingress_qps', { 'sls.ingress.route': 'default-web-0-1-80', ...labels });
  while (!signal.aborted) {
    const noLogstore = await read({ 'sls.project': project, 'sls.logstore': 'nginx-ingres' });
    expectMissing(noLogstore, 'LogstoreNotFound', /Check sls\.logstore/);
    const noProject = await read({ 'sls.project': 'k8s-log-tset', 'sls.logstore': logstores[0] });
    expectMissing(noProject, 'ProjectNotFound', /k8s-log-tset: ProjectNotExist.*Check sls\.project/);
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
    failing = await startFleet(longStale);
    slow = await startFleet({ ...longStale, readTimeout: slowSeconds, deadline: slowSeconds });
    crowded = await startFleet(longStale);
    stepping = await startFleet(settings);
    before = await footprintAtRest(fleets());
  });
  afterAll(() => Promise.all(fleets().map(async (fleet) => fleet[Symbol.asyncDispose]())));

  /** Returns the reads of a fleet during the faults. All of them must be values. */
  const valuesDuring = async (faults: Faults, { reading, credentials, sls }: Fleet) => {
    await reading.waitForRecovery();
    reading.clear();
    const [requestsBefore, startMs] = [credentials.requests, performance.now()];
    sls.setFaults(faults);
    await sleep(faultSeconds * 1000);
    sls.setFaults({});
    const queries = credentials.requests - requestsBefore;
    const reads = [...reading.reads];
    reading.assertCorrect();
    expect(reads.flatMap(({ finding }) => (finding.kind === 'failure' ? finding.code : []))).toEqual([]);
    return { reads, queries, seconds: (performance.now() - startMs) / 1000 };
  };

  it.concurrent(
    'no read fails while three of ten queries fail',
    async () => {
      const { queries, seconds } = await valuesDuring({ errorRate: 0.3 }, failing);
      expect(queries).toBeLessThanOrEqual(maxQueries(seconds, 6));
      await recovers(failing);
    },
    timeoutMs,
  );

  it.concurrent(
    'reads return stale values and do not pile up while every response takes longer than patienceSeconds',
    async () => {
      const { reads, queries, seconds } = await valuesDuring({ latencyMs: slowMs }, slow);
      // The first ones are from before SLS was slow.
      const late = reads.slice(reads.length / 2);
      expectWithin(
        median(late.map(({ tookMs }) => tookMs)),
        (settings.patience + 1) * 1000,
        'the median read',
      );
      expect(queries).toBeLessThanOrEqual(maxQueries(seconds, 1));
      expect(slow.sls.stats().peakConcurrency).toBeLessThanOrEqual(peakAtSls(settings));
      await recovers(slow);
    },
    timeoutMs,
  );

  it.concurrent(
    'reads of other logstores stay fast while HPAs name a logstore and a project that do not exist',
    async () => {
      const ending = new AbortController();
      const readingMissing = readMissing(crowded, ending.signal);
      const { reads, queries, seconds } = await valuesDuring({}, crowded).finally(() => ending.abort());
      await readingMissing;
      expectWithin(median(reads.map(({ tookMs }) => tookMs)), 1000, 'the median read');
      // Plus those of the two missing logstores.
      expect(queries).toBeLessThanOrEqual(2 * maxQueries(seconds, 1));
    },
    timeoutMs,
  );

  /** No read is in flight at the moment of a step, so the clock is the same throughout each read. */
  const stepBy = async ({ reading, checker, clock }: Fleet, ms: number) => {
    await reading.pause();
    reading.assertCorrect();
    checker.aheadMs = Math.max(0, clock.stepMs, clock.stepMs + ms);
    clock.stepMs += ms;
    reading.clear();
    reading.resume();
  };

  const stepBack = async (fleet: Fleet) => {
    await stepBy(fleet, -fleet.clock.stepMs);
    await recovers(fleet);
  };

  it.concurrent(
    'no reading is of a wrong time after the clock steps, and all readings return once it is correct',
    async () => {
      const { checker, reading, routes } = stepping;
      checker.expectedCodes = new Set(['ClockSkewed', ...slowCodes]);
      const refused = () =>
        new Set(
          reading.reads.flatMap(({ route, finding }) =>
            finding.kind === 'failure' && finding.code === 'ClockSkewed' ? route : [],
          ),
        );
      for (const ms of [600_000, -3_600_000]) {
        await stepBy(stepping, ms);
        await waitFor(
          () => reading.assertCorrect() && refused().size === routes.length,
          'a refusal of every route',
        );
        await stepBack(stepping);
      }
      // About the tolerance of the clock check.
      for (const ms of [-3000, 2000, 3000]) {
        await stepBy(stepping, ms);
        await sleep(settings.maxStale * 1000);
        await stepBack(stepping);
      }
    },
    timeoutMs,
  );

  it('memory and connections are as before the faults', async () => {
    expectSameFootprint(before, await footprintAtRest(fleets()), fleets());
  });
});
