import { afterAll, beforeAll, describe, it } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { runFault } from './run-fault.ts';
import { faultScale } from './fleet-settings.ts';
import { startFleet, type Fleet } from './fleet.ts';
import { expectSameFootprint, footprintAtRest, type Footprint } from './footprint.ts';
import { silencingFaults } from './silencing-faults.ts';

const scale = faultScale(process.env);
const { settings } = scale;

/** A full run takes ten minutes or more, so it prints its measurements. */
const report = (text: string): void => {
  if (scale.isFull) console.log(text);
};

/** Fleets run at the same time. Each gets one fault after another. */
const fleetCount = 4;

describe('while SLS answers no query, reads are correct or fail with a remedy', () => {
  const idle: Fleet[] = [];
  let before: Footprint;

  beforeAll(async () => {
    for (let count = 0; count < fleetCount; count += 1) idle.push(await startFleet(settings));
    before = await footprintAtRest(idle);
  });
  afterAll(() => Promise.all(idle.map(async (fleet) => fleet[Symbol.asyncDispose]())));

  it.concurrent.each(Object.entries(silencingFaults))(
    '%s',
    async (name, fault) => {
      const fleet = await waitFor(() => idle.shift(), 'a free fleet', 30 * 60_000);
      try {
        await runFault(fleet, fault, scale, (figures) => report(`${name}: ${figures}`));
      } finally {
        idle.push(fleet);
      }
    },
    5 * (scale.faultSeconds + scale.recoverySeconds + 180) * 1000,
  );

  it('memory and connections are as before the faults', async () => {
    const after = await footprintAtRest(idle);
    report(JSON.stringify({ before, after }));
    expectSameFootprint(before, after, idle);
  });
});
