import { expect } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import type { Fleet } from './fleet.ts';
import { footprint, socketEnds, type Footprint } from './footprint.ts';

/** What fleets at rest hold, who then begin to read again. */
export async function footprintOf(fleets: readonly Fleet[]): Promise<Footprint> {
  await Promise.all(fleets.map((fleet) => fleet.rest()));
  for (const { reading } of fleets) {
    reading.noneWrong();
    reading.forget();
  }
  const found = await footprint();
  const kept = () => fleets.reduce((sum, { network }) => sum + network.connections, 0);
  // The kept connections to SLS alone: the adapter's end, both of the network, and that of SLS.
  await waitFor(() => socketEnds() <= 4 * kept());
  for (const { network, settings } of fleets)
    expect(network.connections).toBeLessThanOrEqual(settings.maxConcurrent);
  for (const { reading } of fleets) reading.resume();
  return found;
}

/** Each fleet has some flights under way at any time, at rest too. One of each read would be far more. */
const someObjects = 300;

/** What the log of each SLS grows by, until its oldest lines are dropped. */
const logMb = 2;

export function expectSame(before: Footprint, after: Footprint, fleets: readonly Fleet[]): void {
  const some = someObjects * fleets.length;
  expect(after.promises).toBeLessThan(before.promises + some);
  expect(after.signals).toBeLessThan(before.signals + some);
  expect(after.errors).toBeLessThan(before.errors + some);
  expect(after.heapMb).toBeLessThan(before.heapMb + logMb * fleets.length);
}
