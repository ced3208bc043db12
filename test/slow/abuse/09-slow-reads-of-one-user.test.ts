import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { readPath, selectorOf } from '../../support/adapter.ts';
import { hpaController, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const slowReads = 420;
const heldMs = 8000;

/**
 * A reader keeps 420 reads of a slow project in flight.
 *
 * @attacks api/server/admission.ts #open
 * @attacks runtime/shares.ts #held
 * @attacks reading/collector.ts #pending #queues
 * @attacks sls/query-queue.ts runningOf #waiting
 */
describe('abuse: a reader that keeps 420 slow reads in flight', () => {
  it.each([
    ['one user', () => 'system:serviceaccount:tenant:reader'],
    ['many service accounts of one namespace', (index: number) => `system:serviceaccount:tenant:r${index}`],
  ])('takes no place of the HPA: %s', async (_, user) => {
    // The honest project answers at once.
    await using scenario = await startScenario({
      prepare: ({ apiServer, sls }) => {
        apiServer.decide = ({ user: { username } }) =>
          username === hpaController || username.startsWith('system:serviceaccount:tenant:');
        sls.latencyMs = ({ project }) => (project === 'k8s-log-slow' ? 9000 : 0);
      },
    });
    const { attackers, apiServer } = scenario;
    for (let index = 0; index < slowReads; index++)
      apiServer.tokens.set(`token-${index}`, { username: user(index), groups: [] });
    const harm = await scenario.attack(async () => {
      const sessions = [await attackers.http2(), await attackers.http2()];
      for (let index = 0; index < slowReads; index++) {
        const labels = {
          'sls.project': 'k8s-log-slow',
          'sls.logstore': 'nginx-ingress',
          'sls.query.interval': String(15 + index),
        };
        const path = readPath('sls_ingress_qps', selectorOf(labels), 'tenant');
        const token = user(0) === user(1) ? 'token-0' : `token-${index}`;
        sessions[index % 2]
          ?.request({ ':path': path, authorization: `Bearer ${token}` })
          .on('error', () => undefined)
          .resume();
      }
      await sleep(heldMs);
    });
    expectUnharmed(harm);
  });
});
