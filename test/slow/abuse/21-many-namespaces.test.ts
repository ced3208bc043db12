import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { minuteAlias, routeAlias } from '../../../src/sls/query-text.ts';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { freePort } from '../../support/ports.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { honestLabels, startScenario, type Scenario } from './support/scenario.ts';
import { rowsOf, sendRows } from './support/scripted-sls.ts';
import { expectUnharmed } from './support/unharmed.ts';

const metric = 'sls_ingress_qps';
const namespaces = 9;
/** As many as one read may name. With five reads, a namespace has `reading.perNamespace.maxSeries`. */
const routesOfRead = 1000;
const readsOfNamespace = 6;
/** More than `reading.maxForecasts` in all. */
const forecastsOfRead = 300;
const refusedReads = 1000;
/** About 300 lines. */
const maxLogBytes = 1e5;

const config = (port: number) => `{ telemetry: { port: ${port}, statusPage: true, maxSeriesValues: 100 } }`;

const honestLogstore = { 'sls.project': project, 'sls.logstore': logstore };
const rangeOf = (length: number) => [...Array(length).keys()];

/** Reads all that a tenant's namespaces may, and more. Each read has a window of its own. */
async function press({ frontProxy, attackers }: Scenario, tenant: string): Promise<void> {
  await attackers.repeat({ count: namespaces * readsOfNamespace, concurrency: 4, maxMs: 10_000 }, (index) => {
    const namespace = `${tenant}-${index % namespaces}`;
    const labels = {
      ...{ 'sls.project': project, 'sls.logstore': `l${index % 40}` },
      ...{ 'sls.query.interval': `${15 + index}`, 'sls.query.window': 'adaptive' },
    };
    const routes = rangeOf(routesOfRead).map((route) => `${namespace}-${index}-${route}`.padEnd(54, 'x'));
    const selector = `${selectorOf(labels)},sls.ingress.route in (${routes.join()})`;
    return frontProxy.get(readPath(metric, selector, namespace).replaceAll('%2C', ','));
  });
  await attackers.repeat({ count: namespaces, concurrency: 4, maxMs: 5000 }, (index) => {
    const routes = rangeOf(forecastsOfRead).map((route) => `${tenant}-${index}-${route}`);
    const selector = `${selectorOf(honestLogstore)},sls.ingress.route in (${routes.join()})`;
    return frontProxy.get(readPath(`${metric}_forecast`, selector, `${tenant}-${index}`));
  });
  await attackers.repeat({ count: refusedReads, maxMs: 5000 }, (index) =>
    frontProxy.get(readPath(metric, `sls.wrong=${index}`, `${tenant}-${index % namespaces}`)),
  );
  // One series for many namespaces at once.
  const shared = selectorOf({ ...honestLabels, 'sls.ingress.route': `shared-${tenant}-80` });
  await attackers.repeat({ count: 200, concurrency: 40, maxMs: 5000 }, (index) =>
    frontProxy.get(readPath(metric, shared, `${tenant}-also-${index}`)),
  );
}

/** Many namespaces read the logstore of the honest HPA with a beat, so each of them has refreshes of its own. */
async function readSteadily({ frontProxy, attackers }: Scenario): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    const pause = sleep(1000);
    await attackers.repeat({ count: 100, maxMs: 2000 }, (index) => {
      const selector = selectorOf({ ...honestLogstore, 'sls.ingress.route': `steady-web-${index}` });
      return frontProxy.get(readPath(metric, selector, `steady-${index}`));
    });
    await pause;
  }
}

/**
 * Two tenants of nine namespaces each read all that their namespaces may, and more: 108 reads of a thousand adaptive series
 * with long names, 5,400 forecasts, and HPAs whose metrics are refused. With all of that, a pod has memory enough. The first one fills what is bounded. The second one adds little to it.
 *
 * @attacks reading/adaptive/adaptive-windows.ts #bins
 * @attacks reading/pace/namespace-shares.ts
 * @attacks reading/pace/read-beats.ts
 * @attacks reading/sample-store.ts
 * @attacks reading/history/forecasts.ts forecasts
 * @attacks reading/collector.ts
 * @attacks reading/pending-series.ts
 * @attacks reading/prefetcher.ts refreshing
 * @attacks status/series-tracker.ts
 * @attacks status/read-tracker.ts
 * @attacks telemetry/metrics/series-gauges.ts #chosen
 * @attacks telemetry/repeat-limiter.ts
 */
describe('abuse: tenants that read as many series as many namespaces may', () => {
  it('leave the honest HPA its reading, and what is kept is bounded', async () => {
    const port = await freePort();
    await using scenario = await startScenario({
      config: config(port),
      prepare: ({ sls }) => {
        sls.reply = (request, response) => {
          if (request.query.includes(minuteAlias)) {
            sendRows(response, []);
            return true;
          }
          const [row] =
            request.logstore === logstore ? [] : rowsOf(request.query, Math.floor(Date.now() / 1000));
          if (row === undefined) return false;
          sendRows(
            response,
            rangeOf(routesOfRead).map((route) => ({ ...row, [routeAlias]: `logged-${route}` })),
          );
          return true;
        };
      },
    });
    const { adapter, apiServer } = scenario;
    const get = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        (reply) => reply.text(),
        () => '{}',
      );
    // Prometheus reads on; a series that has a gauge keeps it.
    await get('/metrics');
    await press(scenario, 'first');
    const logged = adapter.logBytes;
    const answers: string[] = [];
    const harm = await scenario.attack(async () => {
      for (const one of rangeOf(refusedReads / 50)) {
        const wrong = rangeOf(50).map((index) =>
          externalMetric(metric, { matchLabels: { 'sls.wrong': `${one}-${index}` } }),
        );
        apiServer.hpas.put(autoscaler(`second-${one % namespaces}`, `wrong-${one}`, wrong));
      }
      await press(scenario, 'second');
      await readSteadily(scenario);
      for (const path of ['/status.json', '/metrics']) answers.push(await get(path));
    });
    expectUnharmed(harm);
    const [status = '{}', metrics] = answers;
    expect(JSON.parse(status)).toMatchObject({
      autoscalers: expect.arrayContaining([expect.objectContaining({ namespace: 'honest' })]) as unknown,
    });
    expect(metrics).toMatch(
      /^sls_metrics_adapter_external_metric_value\{[^}]*route="honest-web-80"[^}]*\} 10$/m,
    );
    expect(adapter.logBytes - logged).toBeLessThan(maxLogBytes);
  });
});
