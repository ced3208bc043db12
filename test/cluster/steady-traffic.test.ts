import { expect, it } from 'vitest';
import { startEmulator } from '../../emulator/emulator.ts';
import { logstore, project } from '../support/adapter.ts';
import { waitFor } from '../support/wait-for.ts';
import { linesIn, SteadyTraffic } from './steady-traffic.ts';

it.each([0, 0.2, 23.8, 48, 78])(
  'steady traffic: any window of 15 s at %d requests per second has exactly that rate',
  (qps) => {
    const anySecond = 1_795_442_457;
    for (let start = anySecond; start < anySecond + 30; start++) {
      const lines = Array.from({ length: 15 }, (_, index) => linesIn(start + index, qps));
      expect(lines.reduce((sum, count) => sum + count, 0)).toBe(Math.round(qps * 15));
    }
  },
);

it('steady traffic refuses a rate that a window cannot hold exactly', () => {
  const traffic = new SteadyTraffic([{ append: () => Promise.resolve() }], ['default-web-80']);
  expect(() => traffic.set(23.85)).toThrow('23.85 is no multiple of 1/5');
});

it('steady traffic fills the logstore until it is disposed of', async () => {
  await using emulator = await startEmulator({ logstores: [{ project, logstore }] });
  const traffic = new SteadyTraffic([emulator.sink(project, logstore)], ['default-web-80']);
  traffic.set(5);
  traffic.start();
  await waitFor(() => emulator.stats().rows >= 24);
  await traffic[Symbol.asyncDispose]();
  // Five of the route, and one of another.
  expect(emulator.stats().rows % 6).toBe(0);
});
