import { describe, it } from 'vitest';
import { readPath, selectorOf } from '../../support/adapter.ts';
import { mayRead, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const config = `
metrics:
  - name: my_requests
    description: Requests of a model
    unit: requests
    aggregate: count(*)
    labels:
      - { name: model, description: The model, column: model, pattern: '(a+)+b' }
      - { name: other, description: Another, column: other, pattern: '([a-z0-9]+-?)+[.]', default: a. }
`;

/**
 * An operator gives labels patterns like (a+)+b, and a reader sends the values that take a backtracking engine the longest.
 *
 * @attacks config/own-metrics/label-pattern.ts
 */
describe('abuse: the pattern of a label', () => {
  it('takes values that a backtracking engine would try for years', async () => {
    await using scenario = await startScenario({ config, prepare: mayRead('alice') });
    const { attackers, proxyPair } = scenario;
    const harm = await scenario.attack(async () => {
      const session = await attackers.http2(proxyPair);
      await attackers.repeat({ count: 500, concurrency: 10, maxMs: 5000 }, async (index) => {
        const value = `${'a'.repeat(50)}${index}`;
        const labels = { model: value, other: value, 'sls.project': 'k8s-log-test', 'sls.logstore': 'l1' };
        const path = readPath('my_requests', selectorOf(labels), 'a');
        await attackers.request(session, { ':path': path, 'x-remote-user': 'alice' });
      });
    });
    expectUnharmed(harm);
  });
});
