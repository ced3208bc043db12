import { describe, expect, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const connections = 3000;
/** The setting's default. */
const most = 500;

/**
 * One address opens 3,000 connections, six times as many as the adapter keeps.
 *
 * @attacks api/server/connections.ts
 */
describe('abuse: thousands of open connections from the address of the probes', () => {
  it.each(['http1', 'http2'] as const)('leave room for the HPA and the probes: %s', async (protocol) => {
    await using scenario = await startScenario();
    const { attackers, adapter } = scenario;
    const harm = await scenario.attack(async () => {
      await attackers.repeat({ count: connections, concurrency: 16, maxMs: 12_000 }, () =>
        attackers[protocol](),
      );
      const { sockets = 0 } = (await adapter.held()) ?? {};
      // Besides those of the HPA, the probes, and to the API server and SLS.
      expect(sockets).toBeLessThan(most + 100);
    });
    expectUnharmed(harm);
  });
});
