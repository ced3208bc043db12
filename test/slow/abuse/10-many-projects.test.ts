import { describe, expect, it } from 'vitest';
import { project, readPath, selectorOf } from '../../support/adapter.ts';
import { startScenario } from './support/scenario.ts';
import { sendSlsError } from './support/scripted-sls.ts';
import { expectUnharmed } from './support/unharmed.ts';

const projects = 3000;
/** `sls.maxQueriesPerSecond` by default, and what it allows of 5 s at once. */
const maxPerSecond = 150;
/** `reading.perNamespace.maxProjects` by default. */
const maxProjects = 20;

/**
 * One HPA names 3,000 projects, which exist or do not.
 *
 * @attacks reading/pace/namespace-shares.ts projects logstores
 * @attacks sls/project-gates.ts #absent
 * @attacks sls/query-queue.ts #tokens #unanswered
 */
describe('abuse: one HPA that names 3,000 projects', () => {
  it.each(['exist', 'do not exist'])('cannot make the adapter flood SLS, whether they %s', async (kind) => {
    await using scenario = await startScenario();
    const { sls, frontProxy, attackers } = scenario;
    sls.reply = (request, response) => {
      if (kind === 'exist' || request.project === project) return false;
      sendSlsError(response, 404, 'ProjectNotExist', 'The Project does not exist.');
      return true;
    };
    const before = sls.queries;
    const startMs = performance.now();
    let perSecond = NaN;
    const harm = await scenario.attack(async () => {
      await attackers.repeat({ count: 2 * projects, concurrency: 100, maxMs: 10_000 }, (index) => {
        const labels = { 'sls.project': `made-up-${index % projects}`, 'sls.logstore': 'nginx-ingress' };
        return frontProxy.get(readPath('sls_ingress_qps', selectorOf(labels), 'tenant'));
      });
      perSecond = ((sls.queries - before) * 1000) / (performance.now() - startMs);
    });
    expectUnharmed(harm);
    const asked = [...sls.queriesOf.keys()].filter((name) => name !== project).length;
    expect(asked, `${asked} projects, ${perSecond.toFixed(0)} queries/s`).toBeLessThanOrEqual(maxProjects);
    expect(perSecond).toBeLessThan(maxPerSecond);
  });
});
