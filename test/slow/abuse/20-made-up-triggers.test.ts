import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { attackersAt, call, messageOf, readHonestTrigger, triggerOf } from './support/keda-calls.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const config = 'reading: { freshnessSeconds: 1, maxStaleSeconds: 5 }';
const attackMs = 8000;

/**
 * A client of KEDA's port reads triggers of ever new namespaces and ScaledObjects, each with a series of its own. SLS is slow
 * with them. The honest HPA, and an honest ScaledObject that is read from another address, need a query every few seconds.
 *
 * @attacks keda/scaler.ts #last
 * @attacks sls/query-queue.ts #waiting #loads #turns
 * @attacks reading/pace/namespace-shares.ts
 * @attacks runtime/shares.ts #held
 */
describe("abuse: a client of KEDA's port that names ever new namespaces and ScaledObjects", () => {
  it('gets one share of the queries and series, not one for each name', async () => {
    const port = await freePort();
    await using scenario = await startScenario({
      config,
      options: { 'keda-port': String(port) },
      prepare: ({ sls }) => {
        sls.latencyMs = ({ query }) => (query.includes('made-up') ? 1500 : 20);
      },
    });
    const url = `https://127.0.0.1:${port}`;
    using attackers = attackersAt('127.0.0.2', url);
    const ended = new AbortController();
    const honest = readHonestTrigger(
      url,
      ended.signal,
      triggerOf('shop', 'web', { 'sls.query.interval': '20' }),
    );
    let calls = 0;
    const harm = await scenario.attack(async () => {
      const sessions = await Promise.all([1, 2].map(() => attackers.http2()));
      await attackers.repeat({ count: 20_000, concurrency: 300, maxMs: attackMs }, async (index) => {
        const session = sessions[index % sessions.length];
        const labels = {
          'sls.ingress.route': `made-up-${index}-80`,
          'sls.query.interval': String(21 + (index % 3500)),
        };
        const ref = triggerOf(`made-up-${index}`, `made-up-${index}`, labels);
        if (session === undefined) return;
        await call(session, 'IsActive', messageOf('IsActive', ref));
        calls += 1;
      });
    });
    ended.abort();
    const { failures } = await honest;
    expectUnharmed(harm);
    expect(failures).toEqual([]);
    expect(calls, 'calls of the attacker').toBeGreaterThan(500);
  });
});
