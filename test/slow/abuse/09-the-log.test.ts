import { describe, expect, it } from 'vitest';
import { basePath, readPath } from '../../support/adapter.ts';
import { waitFor } from '../../support/wait-for.ts';
import { hpaController, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const reads = 4000;
const maxLogBytes = 1e6;
const token = 'reader-token';
const long = Array.from({ length: 800 }, (_, index) => `${'k'.repeat(55)}${index}`)
  .join(',')
  .slice(0, 45_000);

/**
 * A reader sends thousands of reads that fail, with selectors of 45 kB.
 *
 * @attacks telemetry/repeat-limiter.ts
 */
describe('abuse: failing reads with long selectors', () => {
  it('fill neither the log nor what folds it, and hide no failure of another namespace', async () => {
    await using scenario = await startScenario();
    const { attackers, apiServer, frontProxy, adapter } = scenario;
    apiServer.tokens.set(token, { username: 'reader', groups: ['system:authenticated'] });
    apiServer.decide = ({ user }) => ['reader', hpaController].includes(user.username);
    const harm = await scenario.attack(async () => {
      const session = await attackers.http2();
      await attackers.repeat({ count: reads, concurrency: 50, maxMs: 10_000 }, (index) =>
        attackers.fire(session, {
          ':path': `${basePath}/namespaces/a/sls_ingress_qps?labelSelector=x${index},${long}`,
          authorization: `Bearer ${token}`,
        }),
      );
    });
    expectUnharmed(harm);
    expect(harm.logBytes).toBeLessThan(maxLogBytes);
    await frontProxy.get(readPath('sls_ingress_qps', 'sls.wrong=1', 'quiet'));
    await waitFor(() => adapter.lines.some((line) => line.includes('"namespace":"quiet"')));
  });
});
