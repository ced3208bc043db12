import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { linesAlias, routedAlias, secondAlias } from '../../../src/sls/query-text.ts';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { freePort } from '../../support/ports.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { startScenario } from './support/scenario.ts';
import { linesOfRoute, rowsOf, sendRows, sendSlsError, type SlsRequest } from './support/scripted-sls.ts';
import { expectUnharmed } from './support/unharmed.ts';

const lagSeconds = 30;
const linesASecond = linesOfRoute / 15;
const namespaces = 52;
/** `reading.perNamespace.maxProjects` by default. Each has one logstore: 1,040 in all. */
const projectsOfNamespace = 20;
const lateProject = 'k8s-log-late';

/** SLS may answer more than by default, so that the attack fills in ten seconds what it can. Until the delay is learned, readings are 0. */
const config = (port: number) =>
  `{ telemetry: { port: ${port}, statusPage: true }, sls: { maxQueriesPerSecond: 75 }, reading: { silence: { holdSeconds: 0 } } }`;

/** Answers as a log whose lines come late. Returns how long before now the window of a reading ended. */
function answerLate({ query }: SlsRequest, response: ServerResponse): number | undefined {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const [, from = 0, to = 0] = (/__time__ >= (\d+) AND __time__ < (\d+)/.exec(query) ?? []).map(Number);
  const until = Math.max(from, Math.min(to, nowSeconds - lagSeconds));
  if (query.includes(secondAlias)) {
    const row = (_: unknown, index: number) => ({
      [secondAlias]: `${from + index}`,
      [linesAlias]: `${linesASecond}`,
      [routedAlias]: `${linesASecond}`,
    });
    sendRows(response, Array.from({ length: until - from }, row));
    return undefined;
  }
  const counts = { requests: `${(until - from) * linesASecond}`, newest_second: `${until - 1}` };
  const rows = rowsOf(query, nowSeconds).map((row) => ({ ...row, ...counts }));
  sendRows(response, until > from ? rows : []);
  return nowSeconds - to;
}

const labelsOf = (namespace: number, index: number) => ({
  'sls.project': `made-up-${namespace}-${index}`,
  'sls.logstore': 'nginx-ingress',
  'sls.ingress.route': 'tenant-web-80',
});

/**
 * HPAs of 52 namespaces name 1,040 logstores, each of a project of its own. The projects do not exist, or lack the logstore, or
 * answer. The lines of the honest logstore come half a minute late, so its reading is wrong as soon as its learned delay is forgotten.
 *
 * @attacks reading/delay/delays.ts #logstores
 * @attacks sls/project-gates.ts #gates
 * @attacks telemetry/metrics/event-metrics.ts kept
 * @attacks reading/prefetcher.ts #loops
 */
describe('abuse: tenants that name 1,040 made-up projects', () => {
  it('make no learned delay be forgotten, and hide no project from /metrics', async () => {
    const port = await freePort();
    const delays: number[] = [];
    await using scenario = await startScenario({
      config: config(port),
      prepare: ({ sls }) => {
        sls.reply = (request, response) => {
          if (request.project === project) {
            const delay = answerLate(request, response);
            if (delay !== undefined) delays.push(delay);
            return true;
          }
          const [, number = '0'] = /^made-up-\d+-(\d+)$/.exec(request.project) ?? [];
          if (number === '0') return false;
          if (Number(number) % 2 === 1) sendSlsError(response, 404, 'ProjectNotExist', 'It does not exist.');
          else sendSlsError(response, 404, 'LogStoreNotExist', 'logstore nginx-ingress does not exist');
          return true;
        };
      },
    });
    const { apiServer, frontProxy, attackers } = scenario;
    delays.length = 0;
    const get = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        (reply) => reply.text(),
        () => '{}',
      );
    const late = { 'sls.project': lateProject, 'sls.logstore': logstore, 'sls.ingress.route': 'late-web-80' };
    let status = '';
    const readAll = (maxMs: number) =>
      attackers.repeat({ count: namespaces * projectsOfNamespace, concurrency: 8, maxMs }, (index) => {
        const [namespace, ofProject] = [index % namespaces, Math.floor(index / namespaces)];
        const selector = selectorOf(labelsOf(namespace, ofProject));
        return frontProxy.get(readPath('sls_ingress_qps', selector, `tenant-${namespace}`));
      });
    for (let one = 0; one < namespaces; one += 1) {
      const metrics = Array.from({ length: projectsOfNamespace }, (_, index) =>
        externalMetric('sls_ingress_qps', { matchLabels: labelsOf(one, index) }),
      );
      apiServer.hpas.put(autoscaler(`tenant-${one}`, 'evil', metrics));
    }
    await readAll(10_000);
    const harm = await scenario.attack(async () => {
      await frontProxy.get(readPath('sls_ingress_qps', selectorOf(late), 'late'));
      // Reads have a beat, and the delay of their logstore is learned, from the third one on.
      const endMs = performance.now() + 8000;
      while (performance.now() < endMs) {
        const pause = sleep(1000);
        await readAll(endMs - performance.now());
        await pause;
      }
      status = await get('/status.json');
    });
    expectUnharmed(harm);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(lagSeconds);
    expect(JSON.parse(status)).toMatchObject({
      autoscalers: expect.arrayContaining([expect.objectContaining({ namespace: 'honest' })]) as unknown,
      logstores: expect.arrayContaining([expect.objectContaining({ project, delaySeconds: 31 })]) as unknown,
    });
    const metrics = await get('/metrics');
    for (const name of [project, lateProject]) expect(metrics).toContain(`{project="${name}",outcome="ok"`);
  });
});
