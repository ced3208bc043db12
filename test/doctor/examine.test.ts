import { describe, expect, it } from 'vitest';
import { accessLine, ackRecord } from '../../emulator/traffic/access-line.ts';
import { retried, servedByDefaultBackend } from '../../emulator/traffic/oddities.ts';
import { autoscaler, externalMetric } from '../support/scripted-autoscalers.ts';
import {
  createHealthySetup,
  indexWithout,
  matchLabels,
  nowSeconds,
  faultsIn,
  usualLabels,
  usualLines,
  where,
} from './healthy-setup.ts';

describe('doctor', () => {
  it('reports no fault for a healthy setup, in the pod', async () => {
    await using setup = await createHealthySetup();
    const results = await setup.examine();
    expect(faultsIn(results)).toEqual([]);
    // The check lag may have too few lines to measure with. That is no fault.
    const skipped = results.filter(({ status, check }) => status === 'skipped' && check !== 'lag');
    expect(skipped).toEqual([]);
    expect(Object.fromEntries(results.map(({ check, found }) => [check, found]))).toMatchObject({
      target: 'sls_ingress_qps of project k8s-log-test, logstore nginx-ingress, named by HPA shop/web',
      'hpa-reader': 'ServiceAccount kube-system/horizontal-pod-autoscaler has these rights',
      'ca-bundle': 'it verifies the certificate of sls-metrics-adapter.sls-metrics-adapter.svc',
      route: expect.stringMatching(/^shop-web-80: \d+ requests within the last hour$/) as string,
      reading: expect.stringMatching(/^shop-web-80: \S+ requests\/s, up to \d+ s ago$/) as string,
    });
  });

  it('looks for the route in a shorter time if SLS cannot finish an hour', async () => {
    await using setup = await createHealthySetup();
    const isHour = (text: string) => {
      const [, start, end] = /__time__ >= (\d+) AND __time__ < (\d+)/.exec(text) ?? [];
      return Number(end) - Number(start) >= 3600;
    };
    setup.emulator.differ({
      outcome: (outcome, { query }) => ({ ...outcome, complete: outcome.complete && !isHour(query) }),
    });
    const results = await setup.examine();
    expect(results.find(({ check }) => check === 'route')).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^shop-web-80: \d+ requests within the last 10 minutes$/) as string,
    });
  });

  it('reports no fault for columns that only other metrics need, and names them', async () => {
    await using setup = await createHealthySetup();
    const { fields } = indexWithout('upstream_response_time');
    const index = { fields: { ...fields, body_bytes_sent: 'text' } } as const;
    await setup.replaceSls({
      logstores: [{ project: usualLabels['sls.project'], logstore: usualLabels['sls.logstore'], index }],
    });
    const results = await setup.examine();
    expect(faultsIn(results)).toEqual([]);
    expect(results.find(({ check }) => check === 'log-kind')?.found).toBe(
      'nginx-ingress: metrics sls_ingress_…. Other metrics than this one lack columns: upstream_response_time is not indexed; body_bytes_sent is indexed as text instead of long',
    );
  });

  it('reports no fault for an HPA that names a forecast, of which it has no history', async () => {
    await using setup = await createHealthySetup();
    const labels = { ...usualLabels, 'sls.forecast.ahead': '240' };
    setup.apiServer.hpas.put(
      autoscaler('shop', 'web', [externalMetric('sls_ingress_qps_forecast', matchLabels(labels))]),
    );
    const results = await setup.examine();
    expect(faultsIn(results)).toEqual([]);
    expect(results.find(({ check }) => check === 'reading')).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(
        /^shop-web-80: \S+ requests\/s, up to \d+ s ago; this is sls_ingress_qps, its forecast is made by the running adapter/,
      ) as string,
    });
  });

  it('reads a metric of the configuration, and names its own labels', async () => {
    await using setup = await createHealthySetup();
    setup.file =
      'metrics: [{ name: web_count, description: d, unit: requests, aggregate: count(*), groupBy: status, emptyWindow: zero, labels: [{ name: web.status, column: status, description: d, required: true }] }]';
    setup.input = { metric: 'web_count', selector: `${where},web.status=200` };
    const results = await setup.examine();
    expect(results.find(({ check }) => check === 'reading')).toMatchObject({
      status: 'ok',
      found: expect.stringMatching(/^200: \d+ requests, up to \d+ s ago$/) as string,
    });
  });

  it('queries each metric of the configuration that has a logstore, without a project in that of the target', async () => {
    await using setup = await createHealthySetup();
    const metric = (name: string, more: string) =>
      `- { name: ${name}, description: d, unit: ms, emptyWindow: zero, aggregate: max(request_time)${more} }`;
    const logstore = `, logstore: ${usualLabels['sls.logstore']}`;
    const placed = `, project: ${usualLabels['sls.project']}${logstore}`;
    setup.file = `metrics:\n${metric('web_time', placed)}\n${metric('host_time', logstore)}\n${metric('app_time', '')}\n${metric('other_time', ', logstore: other')}\n`;
    const results = await setup.examine();
    expect(faultsIn(results)).toEqual([]);
    expect(results.find(({ check }) => check === 'own-metrics')?.found).toBe(
      '2 of 4 accepted; no logstore to check in: app_time, other_time',
    );
  });

  it('does not count metrics that it could not check as checked', async () => {
    await using setup = await createHealthySetup();
    setup.file =
      'metrics: [{ name: app_time, description: d, unit: ms, emptyWindow: zero, aggregate: max(request_time) }]';
    expect((await setup.examine()).find(({ check }) => check === 'own-metrics')).toMatchObject({
      status: 'skipped',
      found: 'no logstore to check them in: app_time',
    });
    setup.input = { metric: 'app_time', selector: 'sls.project=k8s-log-test,sls.logstore=nginx-ingress' };
    expect((await setup.examine()).find(({ check }) => check === 'own-metrics')?.found).toBe(
      '1 of 1 accepted',
    );
  });

  it('reviews the rights of the ServiceAccount of the adapter when it runs with a kubeconfig', async () => {
    await using setup = await createHealthySetup();
    setup.flags = { kubeconfig: await setup.apiServer.kubeconfigFile() };
    setup.input = { serviceAccount: 'metrics/reader' };
    const asked: string[] = [];
    setup.denied = ({ user }) => {
      asked.push(user.username);
      return false;
    };
    expect(faultsIn(await setup.examine())).toEqual([]);
    const accounts = ['metrics:reader', 'kube-system:horizontal-pod-autoscaler'];
    expect(new Set(asked)).toEqual(new Set(accounts.map((name) => `system:serviceaccount:${name}`)));
    expect(setup.apiServer.count('selfsubjectaccessreview')).toBe(0);
  });

  it('skips checks that its own rights do not allow', async () => {
    await using setup = await createHealthySetup();
    setup.flags = { kubeconfig: await setup.apiServer.kubeconfigFile() };
    setup.input = { selector: where };
    const forbidden = {
      kind: 'status',
      code: 403,
      reason: 'Forbidden',
      message: 'User "dev" cannot do that',
    } as const;
    for (const endpoint of ['subjectaccessreview', 'hpa.list', 'apiservice.get'] as const)
      setup.apiServer.fail(endpoint, forbidden);
    const results = await setup.examine();
    expect(faultsIn(results)).toEqual([]);
    const skipped = results.filter(({ found }) => found.includes('User "dev" cannot do that'));
    expect(skipped.map(({ check, status }) => [check, status])).toEqual(
      ['hpas', 'apiservice', 'auth-delegator', 'auth-reader', 'apiservice-keeper', 'hpa-reader'].map(
        (check) => [check, 'skipped'],
      ),
    );
  });

  it('checks the logstore that most HPAs name, with all their routes', async () => {
    await using setup = await createHealthySetup();
    const named = (name: string, labels: Readonly<Record<string, string>>) =>
      setup.apiServer.hpas.put(
        autoscaler('shop', name, [externalMetric('sls_ingress_qps', matchLabels(labels))]),
      );
    named('aaa', { ...usualLabels, 'sls.project': 'k8s-log-other' });
    named('api', { ...usualLabels, 'sls.ingress.route': 'shop-api-80' });
    const results = await setup.examine();
    expect(results.find(({ check }) => check === 'target')?.found).toMatch(
      /logstore nginx-ingress, named by HPA shop\/\w+; HPAs also name 1 other logstores, choose with --selector$/,
    );
    expect(results.find(({ check }) => check === 'route')).toMatchObject({
      status: 'warn',
      found: expect.stringContaining(
        'not seen within the last hour: shop-api-80 (most similar: shop-web-80)',
      ) as string,
    });
  });

  it('asks for a selector if no selector, HPA or default names a logstore', async () => {
    await using setup = await createHealthySetup();
    setup.apiServer.hpas.delete('web', 'shop');
    const results = await setup.examine();
    expect(faultsIn(results)).toEqual([]);
    expect(setup.apiServer.requests.map(({ body }) => JSON.stringify(body)).join()).toContain(
      '"resource":"sls_ingress_qps"',
    );
    expect(results.find(({ check }) => check === 'target')).toMatchObject({
      status: 'skipped',
      write: expect.stringContaining('--selector sls.project=k8s-log-CLUSTER_ID') as string,
    });
    expect(results.find(({ check }) => check === 'reading')?.waitsFor).toEqual(['target']);
  });

  it('reports no fault if the index lacks the optional column of canaries', async () => {
    await using setup = await createHealthySetup();
    const index = indexWithout('proxy_alternative_upstream_name');
    const logstores = [{ project: 'k8s-log-test', logstore: 'nginx-ingress', index }];
    await setup.replaceSls({ logstores }, usualLines(nowSeconds()));
    expect(faultsIn(await setup.examine())).toEqual([]);
  });

  it('reports no fault if clients ask for hosts or paths that no Ingress has', async () => {
    await using setup = await createHealthySetup();
    const stray = servedByDefaultBackend(
      accessLine({ atSeconds: nowSeconds() }),
      'upstream-default-backend',
      '404',
    );
    await setup.replaceSls({}, [...usualLines(nowSeconds()), ackRecord(stray)]);
    expect(faultsIn(await setup.examine())).toEqual([]);
  });

  it('reports no fault if requests without a body have one ID, or are retried', async () => {
    await using setup = await createHealthySetup();
    const lines = [accessLine({ atSeconds: nowSeconds() }), accessLine({ atSeconds: nowSeconds() })];
    const records = [...lines, ...lines.map((line) => retried(line))].map((line) => ackRecord(line));
    await setup.replaceSls({}, [...usualLines(nowSeconds()), ...records]);
    expect(faultsIn(await setup.examine())).toEqual([]);
  });
});
