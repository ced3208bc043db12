import { describe, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { hpaController, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

/** The honest HPA needs a query every few seconds. */
const config = 'reading: { freshnessSeconds: 1, maxStaleSeconds: 5 }';

/**
 * A user reads the same logstore for 20,000 namespaces, with windows of any length.
 *
 * @attacks runtime/shares.ts #held
 * @attacks sls/query-queue.ts #turns
 * @attacks reading/sample-store.ts #groups
 */
describe('abuse: a user who reads for ever new namespaces', () => {
  it('gets one share of the queries, not one for each name', async () => {
    await using scenario = await startScenario({
      config,
      prepare: ({ apiServer, sls }) => {
        apiServer.decide = ({ user }) => user.username === hpaController || user.username === 'alice';
        sls.latencyMs = 50;
      },
    });
    const { attackers, proxyPair } = scenario;
    const harm = await scenario.attack(async () => {
      const sessions = await Promise.all([1, 2].map(() => attackers.http2(proxyPair)));
      await attackers.repeat({ count: 20_000, concurrency: 150, maxMs: 7000 }, async (index) => {
        const labels = {
          'sls.project': project,
          'sls.logstore': logstore,
          'sls.query.interval': String(1 + (index % 3600)),
        };
        const path = readPath('sls_ingress_qps', selectorOf(labels), `made-up-${index}`);
        const session = sessions[index % sessions.length];
        if (session !== undefined) await attackers.fire(session, { ':path': path, 'x-remote-user': 'alice' });
      });
    });
    expectUnharmed(harm);
  });
});
