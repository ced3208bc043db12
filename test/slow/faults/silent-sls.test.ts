import { afterAll, beforeAll, describe, it } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { expectSame, footprintOf } from './aftermath.ts';
import { endure } from './run-fault.ts';
import { faultScale } from './fleet-settings.ts';
import { startFleet, type Fleet } from './fleet.ts';
import type { Footprint } from './footprint.ts';
import { silencingFaults } from './silencing-faults.ts';

const scale = faultScale(process.env);
const { settings } = scale;

/** Whoever has waited for ten minutes wants figures. */
const note = (text: string): void => {
  if (scale.isFull) console.log(text);
};

/** Each befalls one fault after the other, beside the others. */
const fleetCount = 4;

describe('while SLS answers no query', () => {
  const idle: Fleet[] = [];
  let before: Footprint;

  beforeAll(async () => {
    for (let count = 0; count < fleetCount; count += 1) idle.push(await startFleet(settings));
    before = await footprintOf(idle);
  }, 120_000);
  afterAll(() => Promise.all(idle.map(async (fleet) => fleet[Symbol.asyncDispose]())), 60_000);

  it.concurrent.each(Object.entries(silencingFaults))(
    '%s',
    async (name, fault) => {
      const fleet = await waitFor(() => idle.shift(), 10 * 60_000, 'a fleet is free');
      try {
        await endure(fleet, fault, scale, (figures) => note(`${name}: ${figures}`));
      } finally {
        idle.push(fleet);
      }
    },
    5 * (scale.faultSeconds + scale.recoverySeconds + 60) * 1000,
  );

  it('leaves memory and connections as they were', async () => {
    const after = await footprintOf(idle);
    note(JSON.stringify({ before, after }));
    expectSame(before, after, idle);
  }, 60_000);
});
