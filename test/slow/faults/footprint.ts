import { setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Fleet } from './fleet.ts';

/** What this process holds on its heap. */
export interface Footprint {
  readonly heapMb: number;
  /** Live objects of classes of which each read, query or failure creates some. */
  readonly promises: number;
  readonly signals: number;
  readonly errors: number;
}

/** Pauses the reads of the fleets, measures the footprint after a garbage collection, and resumes the reads. */
export async function footprintAtRest(fleets: readonly Fleet[]): Promise<Footprint> {
  await Promise.all(fleets.map((fleet) => fleet.pause()));
  for (const { reading } of fleets) {
    reading.assertCorrect();
    reading.clear();
  }
  const footprint = await measureFootprint();
  const keptConnections = () => fleets.reduce((sum, { network }) => sum + network.connectionCount, 0);
  // Only the kept connections to SLS may be left. Each has four ends: the adapter's, two of the relay and that of SLS.
  await waitFor(() => socketEnds() <= 4 * keptConnections());
  // No project keeps more connections than its queries may run at a time, and those of a missing project are closed soon.
  for (const { network, settings } of fleets)
    await waitFor(() => network.connectionCount <= settings.maxConcurrent);
  for (const { reading } of fleets) reading.resume();
  return footprint;
}

async function measureFootprint(): Promise<Footprint> {
  v8.setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  collectGarbage();
  // Objects released by finalizers are collected in the second run.
  await sleep(10);
  collectGarbage();
  const live = (kind: Parameters<typeof v8.queryObjects>[0]) => v8.queryObjects(kind, { format: 'count' });
  return {
    heapMb: process.memoryUsage().heapUsed / 1e6,
    promises: live(Promise),
    signals: live(AbortSignal),
    errors: live(AdapterError),
  };
}

/** Open ends of connections in this process. */
const socketEnds = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

/** Each fleet has some queries in flight at any time, even without reads. A leak per read would be far more. */
const objectsPerFleet = 300;

/** The log of each SLS grows by about this much until its oldest lines are dropped. */
const logMb = 2;

export function expectSameFootprint(before: Footprint, after: Footprint, fleets: readonly Fleet[]): void {
  const tolerance = objectsPerFleet * fleets.length;
  expect(after.promises).toBeLessThan(before.promises + tolerance);
  expect(after.signals).toBeLessThan(before.signals + tolerance);
  expect(after.errors).toBeLessThan(before.errors + tolerance);
  expect(after.heapMb).toBeLessThan(before.heapMb + logMb * fleets.length);
}
