import { describe, expect, it } from 'vitest';
import { readPath } from '../../support/adapter.ts';
import { waitFor } from '../../support/wait-for.ts';
import { hpaController, scenarioMs, startScenario } from './support/scenario.ts';
import { describeHarm, expectUnharmed } from './support/unharmed.ts';

const reads = 4000;
const padding = `,${Array.from({ length: 800 }, (_, index) => `${'k'.repeat(58)}${index}`).join(',')}`.slice(
  0,
  50_000,
);
const maxLogBytes = 2_000_000;

describe('abuse: reads that fail', () => {
  it(
    'costs neither memory nor log, and hides no failure of another namespace, if each failing read has another long selector',
    async () => {
      await using scenario = await startScenario();
      const { attackers, proxyPair, adapter, apiServer, frontProxy } = scenario;
      apiServer.decide = ({ user, resource }) =>
        user.username === hpaController || (user.username === 'alice' && resource?.namespace === 'a');
      const harm = await scenario.attack(async () => {
        const sessions = await Promise.all(Array.from({ length: 4 }, () => attackers.http2(proxyPair)));
        await attackers.repeat({ count: reads, concurrency: 40, maxMs: 12_000 }, async (index) => {
          const session = sessions[index % sessions.length];
          if (session === undefined || session.closed) return;
          const path = readPath('sls_ingress_qps', `x${index}${padding}`, 'a');
          await attackers.request(session, { ':path': path, 'x-remote-user': 'alice' });
        });
      });
      expectUnharmed(harm);
      expect(harm.logBytes, describeHarm(harm)).toBeLessThan(maxLogBytes);
      await frontProxy.get(readPath('sls_ingress_qps', 'sls.wrong=1', 'quiet'));
      await waitFor(() => adapter.lines.some((line) => line.includes('"namespace":"quiet"')));
    },
    scenarioMs,
  );
});
