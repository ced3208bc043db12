import { describe, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { mayRead, startScenario } from './support/scenario.ts';
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
    await using scenario = await startScenario({ config, prepare: mayRead('alice') });
    const { attackers, sls } = scenario;
    sls.latencyMs = 50;
    const harm = await scenario.attack(async () => {
      const read = await scenario.readerFor('alice');
      await attackers.repeat({ count: 20_000, concurrency: 150, maxMs: 7000 }, async (index) => {
        const labels = {
          'sls.project': project,
          'sls.logstore': logstore,
          'sls.query.interval': String(1 + (index % 3600)),
        };
        await read(readPath('sls_ingress_qps', selectorOf(labels), `made-up-${index}`));
      });
    });
    expectUnharmed(harm);
  });
});
