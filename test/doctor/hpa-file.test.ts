import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { logstore, project } from '../support/adapter.ts';
import { createHealthySetup, usualLabels, type HealthySetup } from './healthy-setup.ts';

const setup: HealthySetup = await createHealthySetup();
afterAll(() => setup[Symbol.asyncDispose]());
setup.flags = { kubeconfig: '/nonexistent' };
setup.file = 'access: { ownRoutesOnly: true }';

interface Metric {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly target?: object;
}

const hpa = (metrics: readonly Metric[], spec: object = {}, metadata: object = { namespace: 'shop' }) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', ...metadata },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    ...{ minReplicas: 1, maxReplicas: 10 },
    metrics: metrics.map(
      ({
        name = 'sls_ingress_qps',
        labels = {},
        target = { type: 'AverageValue', averageValue: '300m' },
      }) => ({
        type: 'External',
        external: { metric: { name, selector: { matchLabels: { ...usualLabels, ...labels } } }, target },
      }),
    ),
    ...spec,
  },
});

async function check(text: string, namespace = 'default') {
  setup.input = { namespace, hpaFile: { source: 'hpa.yaml', text } };
  const results = await setup.examine();
  const faults = results.filter(({ status }) => status === 'failed' || status === 'warn');
  return { faults, found: Object.fromEntries(results.map((one) => [one.check, one.found])) };
}

const latency = (target: object) => ({ name: 'sls_ingress_latency_p95', target });

describe('doctor --hpa', () => {
  it('says what each metric reads, and how many replicas it asks for', async () => {
    const value = latency({ type: 'Value', value: '10' });
    const file = `# two HPAs\n${stringify(hpa([{}, value]))}---\n${JSON.stringify(hpa([{}], { maxReplicas: 2 }))}`;
    const { faults, found } = await check(file);
    expect(faults).toEqual([]);
    expect(found['hpas']).toBe('hpa.yaml names 3 external metrics in 2 HPAs');
    expect(found['hpa-readings']).toMatch(
      /^HPA shop\/web, sls_ingress_qps: reads (1|\d+m) requests\/s, target 300m a replica: wants [34] replicas\nHPA shop\/web, sls_ingress_latency_p95: reads 20 ms, target 10: wants 2 replicas if 1 run\nHPA shop\/web takes the highest: [34]\nHPA .*: wants [34] replicas, gets maxReplicas 2$/,
    );
    expect(found).not.toHaveProperty('apiservice');
  });

  it('says once what is wrong in two metrics of one HPA, and allows no read that it did not check', async () => {
    const labels = { 'sls.ingress.rout': 'shop-web-80' };
    const both = [{ labels }, { ...latency({ type: 'Value', value: '10' }), labels }];
    const { faults, found } = await check(stringify(hpa(both)));
    expect(faults).toMatchObject([{ check: 'hpa-labels', write: 'sls.ingress.route: shop-web-80' }]);
    expect(found['hpa-labels']).toMatch(
      /^HPA shop\/web, sls_ingress_latency_p95, sls_ingress_qps: unknown label "sls\.ingress\.rout"[^\n]*$/,
    );
    expect(found['hpa-access']).toBe('all reads with a valid selector are allowed');
  });

  it('reads what a forecast is of, and says that the running adapter makes the forecast', async () => {
    const forecast = {
      name: 'sls_ingress_qps_forecast',
      labels: { 'sls.forecast.ahead': '240', 'sls.forecast.quantile': '0.95' },
    };
    const { faults, found } = await check(stringify(hpa([{}, forecast])));
    expect(faults).toEqual([]);
    expect(found['hpa-readings']).toMatch(
      /\nHPA shop\/web, sls_ingress_qps_forecast: sls_ingress_qps reads \S+ requests\/s, its forecast is made by the running adapter.*\nHPA shop\/web takes the highest: [34]; not read here: sls_ingress_qps_forecast$/,
    );
    const alone = await check(stringify(hpa([forecast])));
    expect(alone.faults).toEqual([]);
    expect(alone.found['hpa-readings']).not.toContain('takes the highest');
  });

  it('still reports the labels, access and route of a forecast', async () => {
    const forecast = (labels: object) => ({ name: 'sls_ingress_qps_forecast', labels: { ...labels } });
    for (const [id, labels] of [
      ['hpa-labels', { 'sls.forecast.ahead': '5' }],
      ['hpa-access', { 'sls.ingress.route': 'bank-web-80' }],
      ['route', { 'sls.ingress.route': 'shop-wbe-80' }],
    ] as const)
      expect((await check(stringify(hpa([forecast(labels)])))).faults.map((one) => one.check)).toContain(id);
  });

  it('takes the namespace of the command line for an HPA without one', async () => {
    const { faults, found } = await check(stringify(hpa([{}], {}, {})), 'shop');
    expect(faults).toEqual([]);
    expect(found['target']).toContain('named by HPA shop/web');
  });

  it.each<[fault: string, check: string, metric: Metric, found: string, write: string]>([
    [
      'a misspelt route',
      'route',
      { labels: { 'sls.ingress.route': 'shop-wbe-80' } },
      'not seen within the last hour: shop-wbe-80 (most similar: shop-web-80)',
      'sls.ingress.route=shop-web-80',
    ],
    [
      'a misspelt label',
      'hpa-labels',
      { labels: { 'sls.ingress.rout': 'shop-web-80' } },
      'sls.ingress.rout',
      'sls.ingress.route: shop-web-80',
    ],
    ['a misspelt metric', 'hpa-metrics', { name: 'sls_ingress_qsp' }, 'sls_ingress_qsp', 'sls_ingress_qps'],
    [
      'a route that access refuses',
      'hpa-access',
      { labels: { 'sls.ingress.route': 'bank-web-80' } },
      'by access.ownRoutesOnly',
      '',
    ],
    [
      'a rate with type Value',
      'hpa-targets',
      { target: { type: 'Value', value: '10' } },
      'type Value compares 10 with the requests/s of all replicas together',
      'target: { type: AverageValue, averageValue: "10" }',
    ],
    [
      'a latency with type AverageValue',
      'hpa-targets',
      latency({ type: 'AverageValue', averageValue: '500' }),
      'type AverageValue divides the latency by the replicas',
      'target: { type: Value, value: "500" }',
    ],
    [
      'a latency in seconds with type AverageValue, for both',
      'hpa-targets',
      latency({ type: 'AverageValue', averageValue: '100m' }),
      'target 100m is 0.1 ms, latencies are in ms; type AverageValue divides the latency by the replicas, which says nothing about one of them',
      'target: { type: Value, value: "100" }',
    ],
    [
      'a latency in seconds',
      'hpa-targets',
      latency({ type: 'Value', value: '500m' }),
      'target 500m is 0.5 ms, latencies are in ms',
      'target: { type: Value, value: "500" }',
    ],
    [
      'a ratio in per cent',
      'hpa-targets',
      { name: 'sls_ingress_error_ratio', target: { type: 'Value', value: '5' } },
      'target 5 is never reached, a ratio is from 0 to 1',
      'target: { type: Value, value: "50m" }',
    ],
  ])('reports %s', async (_, name, metric, found, write) => {
    const { faults } = await check(stringify(hpa([metric])));
    const fault = faults.find((one) => one.check === name);
    expect(fault?.found).toContain(found);
    expect(fault?.write ?? '').toContain(write);
  });

  it('sends the reader of a file without a valid selector to the checks that say why', async () => {
    const { found } = await check(stringify(hpa([{ labels: { 'sls.ingress.rout': 'shop-web-80' } }])));
    expect(found['target']).toMatch(/^no HPA of the file has a metric with a valid selector: see hpas, /);
  });

  it.each([
    ['spec: [1', /^hpa\.yaml is not YAML: [^\n]+ at line \d+, column \d+ \(HpaInvalid\)$/],
    ['kind: Service', /^hpa\.yaml has no HPA$/],
    [
      stringify([hpa([{}], { minReplicas: 5, maxReplicas: 4 })][0]),
      /^HPA web: the API server would refuse the HPA: spec\.maxReplicas 4 must be at least minReplicas, 5$/,
    ],
    [
      stringify(hpa([{ target: { type: 'Value', averageValue: '1' } }])),
      /target must have type AverageValue/,
    ],
  ])('says in one line what is wrong with the file %#', async (text, message) => {
    const { faults, found } = await check(text);
    expect(faults.map((one) => one.check)).toEqual(['hpas']);
    expect(found['hpas']).toMatch(message);
  });

  it('reports a logstore that does not exist', async () => {
    const labels = { 'sls.project': project, 'sls.logstore': `${logstore}x` };
    const { faults } = await check(stringify(hpa([{ labels }])));
    expect(faults.map((one) => one.check)).toEqual(['logstore']);
  });
});
