import type { ClientHttp2Session } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { attackersAt, call, messageOf, readHonestTrigger, triggerOf } from './support/keda-calls.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const config = 'reading: { freshnessSeconds: 1, maxStaleSeconds: 5 }';
const attackMs = 8000;
const honestLabels = { 'sls.query.interval': '20' };

/**
 * A client of KEDA's port reads triggers of ever new namespaces and ScaledObjects, each with a series of its own, or all with the same. SLS is slow
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
    const honest = readHonestTrigger(url, ended.signal, triggerOf('shop', 'web', honestLabels));
    let [slow, quick] = [0, 0];
    const harm = await scenario.attack(async () => {
      const [one, two, three] = await Promise.all([attackers.http2(), attackers.http2(), attackers.http2()]);
      const isActive = async (
        session: ClientHttp2Session,
        index: number,
        labels: Readonly<Record<string, string>>,
      ) => {
        const name = `made-up-${index}`;
        await call(session, 'IsActive', messageOf('IsActive', triggerOf(name, name, labels)));
      };
      await Promise.all([
        attackers.repeat({ count: 20_000, concurrency: 300, maxMs: attackMs }, async (index) => {
          const interval = String(21 + (index % 3500));
          const labels = { 'sls.ingress.route': `made-up-${index}-80`, 'sls.query.interval': interval };
          await isActive(index % 2 === 0 ? one : two, index, labels);
          slow += 1;
        }),
        attackers.repeat({ count: 20_000, concurrency: 60, maxMs: attackMs }, async (index) => {
          await isActive(three, index, honestLabels);
          quick += 1;
        }),
      ]);
    });
    ended.abort();
    const { failures } = await honest;
    expectUnharmed(harm);
    expect(failures).toEqual([]);
    expect(slow, 'too slow: reads of series of their own').toBeGreaterThan(500);
    expect(quick, 'too slow: triggers of one series').toBeGreaterThan(500);
  });
});
