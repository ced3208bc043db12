import { expect, it } from 'vitest';
import { SimulatedAdapter } from '../reading/pace/simulated-adapter.ts';

it('1,000 HPAs on one logstore cost at most 18 queries a minute, and read readings 3 s old', async () => {
  await using adapter = new SimulatedAdapter();
  adapter.addSpread(1000);
  // Once the delay has been steady for 10 minutes, it is probed once a minute.
  await adapter.runFor(1080);
  expect(adapter.reads.filter(({ failure }) => failure !== undefined)).toEqual([]);
  expect(adapter.mostQueriesPerMinute(960)).toBeLessThanOrEqual(18);
  const ages = adapter.reads.filter(({ atSeconds }) => atSeconds >= 960).map(({ ageSeconds }) => ageSeconds);
  ages.sort((a, b) => a - b);
  expect(ages[Math.floor(ages.length / 2)]).toBeLessThan(3);
});
