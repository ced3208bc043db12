import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubernetesFaults } from '../../charts/support/kubernetes-check.ts';
import type { KubernetesObject } from '../../support/manifests.ts';
import { longRoute, project, startRoutesLog } from './routes-log.ts';

const { routes, stop } = await startRoutesLog();
afterAll(stop);

interface Hpa extends KubernetesObject {
  readonly spec: { readonly metrics: readonly { readonly external: Record<string, unknown> }[] };
}

describe('routes --hpa', () => {
  const labelled = (labels: Readonly<Record<string, string>>, averageValue: string) => ({
    metric: {
      name: 'sls_ingress_qps',
      selector: { matchLabels: { 'sls.project': project, 'sls.logstore': 'nginx-ingress', ...labels } },
    },
    target: { type: 'AverageValue', averageValue },
  });

  it('prints a valid manifest, with a target from the busiest minute', async () => {
    const { code, stdout, stderr } = await routes('nginx-ingress', '--hpa', 'web', '--namespace', 'default');
    expect([code, stderr]).toEqual([0, '']);
    const manifest = parse(stdout) as Hpa;
    expect(kubernetesFaults([manifest])).toEqual([]);
    expect(manifest).toMatchObject({
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 10,
        behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
      },
    });
    // 5 requests/s over 8 of 10 replicas.
    const [metric] = manifest.spec.metrics;
    expect(metric?.external).toEqual(labelled({ 'sls.ingress.route': 'default-web-80' }, '630m'));
    expect(stdout).toContain('# 0.1 requests/s on average, 5 in the busiest minute, p95 2820 ms, 10 % 5xx\n');
    expect(stdout).toContain('# averageValue 630m puts that minute on 8 of 10 replicas.');
    expect(stdout).toMatch(
      /^# of lower load\. No other settings were tried on the last 6h: project k8s-log-c1, logstore nginx-ingress: the log has no line before \S+Z\.$/m,
    );
  });

  it('names the forecast too if asked, as far ahead as a pod takes to start', async () => {
    const flags = ['--namespace', 'default', '--forecast', '--startup', '100s'];
    const { stdout } = await routes('nginx-ingress', '--hpa', 'web', ...flags);
    // An anchor would have one target for both.
    expect(stdout).not.toMatch(/[&*]a1/);
    const manifest = parse(stdout) as Hpa;
    expect(kubernetesFaults([manifest])).toEqual([]);
    const route = { 'sls.ingress.route': 'default-web-80' };
    const { metric, target } = labelled({ ...route, 'sls.forecast.ahead': '120' }, '630m');
    expect(manifest.spec.metrics.map(({ external }) => external)).toEqual([
      labelled(route, '630m'),
      { metric: { ...metric, name: 'sls_ingress_qps_forecast' }, target },
    ]);
  });

  it('tries no settings on less than an hour of a route, and says so', async () => {
    const { stdout } = await routes('young', '--hpa', 'web');
    expect(stdout).toMatch(
      /No other settings were tried on the last 6h: its first request was \d+m\d*s? ago, and 1h of traffic are needed\.$/m,
    );
  });

  it('uses the given replicas and route', async () => {
    const flags = ['--route', 'shop-web-80', '--min', '2', '--max', '20'];
    const { stdout } = await routes('nginx-ingress', '--hpa', 'web', ...flags);
    const manifest = parse(stdout) as Hpa;
    expect(manifest).toMatchObject({
      metadata: { name: 'web' },
      spec: { minReplicas: 2, maxReplicas: 20 },
    });
    expect(manifest.metadata).not.toHaveProperty('namespace');
    const [metric] = manifest.spec.metrics;
    expect(metric?.external).toEqual(labelled({ 'sls.ingress.route': 'shop-web-80' }, '130m'));
  });

  it('finds the route of the Deployment even if more than --limit routes are busier', async () => {
    const flags = ['--namespace', 'shop', '--limit', '1', '--max', '9'];
    const { code, stdout } = await routes('nginx-ingress', '--hpa', 'canary', ...flags);
    expect(code).toBe(0);
    const [metric] = (parse(stdout) as Hpa).spec.metrics;
    expect(metric?.external).toMatchObject(labelled({ 'sls.ingress.route': 'shop-canary-80' }, '71m'));
  });

  it('prints JSON with -o json', async () => {
    const flags = ['--hpa', 'web', '--namespace', 'default'];
    const [yaml, json] = [
      await routes('nginx-ingress', ...flags),
      await routes('nginx-ingress', ...flags, '-o', 'json'),
    ];
    expect([json.code, JSON.parse(json.stdout)]).toEqual([0, parse(yaml.stdout)]);
    expect(json.stderr).toContain('No other settings were tried on the last 6h: ');
  });

  it('selects a long route by its parts', async () => {
    const flags = ['--route', longRoute, '--namespace', 'shop'];
    const { stdout } = await routes('nginx-ingress', '--hpa', 'model', ...flags);
    const manifest = parse(stdout) as Hpa;
    expect(kubernetesFaults([manifest])).toEqual([]);
    const service = longRoute.slice('shop-'.length, -'-8501'.length);
    const parts = {
      'sls.ingress.namespace': 'shop',
      'sls.ingress.service': service,
      'sls.ingress.port': '8501',
    };
    expect(manifest.spec.metrics[0]?.external).toEqual(labelled(parts, '130m'));
  });

  it('adds up several routes, and takes the busiest minute of all of them together', async () => {
    const flags = ['--route', 'shop-canary-80', '--route', 'shop-web-80', '--max', '20'];
    const { code, stdout, stderr } = await routes('nginx-ingress', '--hpa', 'web', ...flags);
    expect([code, stderr]).toEqual([0, '']);
    const manifest = parse(stdout) as Hpa;
    expect(kubernetesFaults([manifest])).toEqual([]);
    expect(manifest.spec.metrics[0]?.external).toEqual({
      metric: {
        name: 'sls_ingress_qps',
        selector: {
          matchLabels: { 'sls.project': project, 'sls.logstore': 'nginx-ingress' },
          matchExpressions: [
            { key: 'sls.ingress.route', operator: 'In', values: ['shop-canary-80', 'shop-web-80'] },
          ],
        },
      },
      // 150 requests in the minute of both, over 16 replicas.
      target: { type: 'AverageValue', averageValue: '160m' },
    });
    expect(stdout).toContain('# Route shop-canary-80, shop-web-80, ');
    expect(stdout).toContain('2.5 in the busiest minute');
  });

  it('adds up routes whose busiest minutes differ', async () => {
    const flags = ['--route', 'default-web-80', '--route', 'shop-web-80'];
    const { stdout } = await routes('nginx-ingress', '--hpa', 'web', ...flags);
    expect(stdout).toContain('5 in the busiest minute');
  });

  it('suggests no target for a route with too few requests, and says why', async () => {
    const flags = ['--route', 'shop-canary-80', '--max', '100'];
    const { code, stdout, stderr } = await routes('nginx-ingress', '--hpa', 'canary', ...flags);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^sls-metrics-adapter: route shop-canary-80 had 30 requests in its busiest minute since .*; a target that puts it on 80 replicas needs at least 320, else one request more or less changes the replicas\. Survey a busier time/,
    );
  });

  it('refuses --min 0, and says what scaling to zero needs', async () => {
    const { code, stdout, stderr } = await routes('nginx-ingress', '--hpa', 'web', '--min', '0');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /--min <count>' argument '0' is invalid\. It must be at least 1\. For 0, .*HPAScaleToZero.*external-push/,
    );
  });

  it.each([
    [
      'no route is that of the Deployment',
      ['--hpa', 'api', '--namespace', 'shop'],
      2,
      /no route is surely that of a Service api: if its Service has another name, choose one with --route: shop-web-80, shop-model-serving/,
    ],
    [
      'the only route of the namespace is that of another Service',
      ['--hpa', 'api', '--namespace', 'default'],
      2,
      /no route is surely that of a Service api: .* choose one with --route: default-web-80\. /,
    ],
    [
      'its name only ends the name of the Service',
      ['--hpa', 'serving-v1', '--namespace', 'shop'],
      2,
      /no route is surely that of a Service serving-v1: /,
    ],
    [
      'its name only ends the name of the Service, without a namespace',
      ['--hpa', 'serving-v1'],
      2,
      /no route is surely that of a Service serving-v1: /,
    ],
    [
      'its name only begins the name of the Service',
      ['--hpa', 'model', '--namespace', 'shop'],
      2,
      /no route is surely that of a Service model: /,
    ],
    [
      'several routes contain its name',
      ['--hpa', 'web'],
      2,
      /several routes may belong to web, choose one with --route: default-web-80, shop-web-80\. /,
    ],
    [
      'the namespace of a long route is unknown',
      ['--hpa', 'model', '--route', longRoute],
      2,
      /labels cannot express route shop-model-serving-.* without its namespace: add --namespace/,
    ],
    [
      'one of several routes had no request',
      ['--hpa', 'web', '--route', 'shop-web-80', '--route', 'shop-gone-80'],
      1,
      /no request to shop-gone-80 was logged since /,
    ],
    [
      'one of several routes is longer than a label value',
      ['--hpa', 'web', '--route', 'shop-web-80', '--route', longRoute, '--namespace', 'shop'],
      2,
      /one selector cannot name route shop-model-serving-.* besides others, .*: print an HPA for each route/,
    ],
    [
      'no ingress logs such a route',
      ['--hpa', 'web', '--route', 'shop_web_80'],
      2,
      /--route "shop_web_80" must be a route as nginx-ingress logs it/,
    ],
    [
      'the route had no request',
      ['--hpa', 'web', '--route', 'shop-gone-80'],
      1,
      /no request to shop-gone-80 was logged since .*\. List the logged routes with: sls-metrics-adapter routes/,
    ],
  ])('says what is missing if %s', async (_, flags, exitCode, message) => {
    const { code, stdout, stderr } = await routes('nginx-ingress', ...flags);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trim()).not.toContain('\n');
  });
});
