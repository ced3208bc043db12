import { describe, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { hpaController, scenarioMs, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const config = 'access: { ownRoutesOnly: true }';
const readers = 420;
const token = 'reader-token';

describe('abuse: a reader with 420 slow reads at a time', () => {
  it(
    'takes no place of an HPA',
    async () => {
      await using scenario = await startScenario({ config });
      const { attackers, apiServer, sls } = scenario;
      apiServer.tokens.set(token, { username: 'reader', groups: ['system:authenticated'] });
      apiServer.decide = ({ user, resource }) =>
        user.username === hpaController || (user.username === 'reader' && resource?.namespace === 'a');
      sls.latencyMs = 300;
      const harm = await scenario.attack(async () => {
        const sessions = await Promise.all([attackers.http2(), attackers.http2()]);
        await attackers.repeat({ count: 20_000, concurrency: readers, maxMs: 8000 }, async (index) => {
          const labels = {
            'sls.project': project,
            'sls.logstore': logstore,
            'sls.ingress.route': 'a-web-80',
            'sls.query.interval': String(1 + (index % 3600)),
            'sls.query.delay': String(Math.floor(index / 3600)),
          };
          const session = sessions[index % 2];
          if (session === undefined) return;
          const path = readPath('sls_ingress_qps', selectorOf(labels), 'a');
          await attackers.fire(session, { ':path': path, authorization: `Bearer ${token}` });
        });
      });
      expectUnharmed(harm);
    },
    scenarioMs,
  );
});
