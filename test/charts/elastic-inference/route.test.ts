import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { autoscalerOf } from '../../../src/kube/autoscalers/autoscaler.ts';
import type { KubeObject } from '../../../src/kube/client/kube-object.ts';
import { createAccessCheck, createRequestParser } from '../../../src/access/access-check.ts';
import type { MetricRequest } from '../../../src/metric/metric-request.ts';
import { accessKey, readPath, selectorOf, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { builtIn } from '../../support/catalog.ts';
import { only, type KubernetesObject } from '../../support/manifests.ts';
import { TestClock } from '../../support/test-clock.ts';
import { renderGuide, type Scaling } from './chart.ts';

const namespace = 'default';
const logstore = 'nginx-ingress';
const project = 'k8s-log-c0123456789abcdef0123456789abcdef';
const guideRoute = 'default-bert-tfserving-202207181536-tensorflow-serving-8501';

/** Returns the adapter's parse of the metrics of a rendered HPA. Only routes of its own Namespace are allowed. */
function requestsOf(objects: readonly KubernetesObject[]): MetricRequest[] {
  const hpa = autoscalerOf(only(objects, 'HorizontalPodAutoscaler') as unknown as KubeObject);
  if (hpa === undefined) throw new Error('no HPA');
  const checkAccess = createAccessCheck({ ownRoutesOnly: true, knownNamespaces: [], rules: [] });
  const parse = createRequestParser(builtIn, {}, checkAccess);
  return hpa.metrics.map((metric) => {
    if ('refusal' in metric) throw metric.refusal;
    return parse(metric.name, hpa.namespace, metric.requirements);
  });
}

/** Returns the route that nginx-ingress logs for the Ingress of the chart: {namespace}-{service}-{port of the backend}. */
function loggedRoute(objects: readonly KubernetesObject[]): string {
  const { spec, metadata } = only<{
    spec: {
      rules: { http: { paths: { backend: { service: { name: string; port: { number: number } } } }[] } }[];
    };
  }>(objects, 'Ingress');
  const { name, port } = spec.rules[0]?.http.paths[0]?.backend.service ?? { name: '', port: { number: 0 } };
  const service = only<{ spec: { ports: { port: number }[] } }>(objects, 'Service', name);
  expect(service.spec.ports.map((one) => one.port)).toContain(port.number);
  return `${metadata.namespace ?? ''}-${name}-${port.number}`;
}

describe('the metrics of the HPA, as the adapter parses them', () => {
  const long = 'recommendation-wide-and-deep-tensorflow-serving';
  const exactly = (characters: number) => 'a'.repeat(characters - 'default--8501'.length);

  it.each([
    ["the guide's names", {}, 'sls.ingress.route'],
    ['another port of the Service', { service: { restPort: 80 } }, 'sls.ingress.route'],
    ['the port of gRPC', { ingress: { backend: 'grpc', tlsSecretName: 'example-com' } }, 'sls.ingress.route'],
    ['a route of 63 characters', { name: exactly(63) }, 'sls.ingress.route'],
    ['a route of 64 characters', { name: exactly(64) }, 'sls.ingress.service'],
    ['a route far longer than a label value', { name: `${long}-2026` }, 'sls.ingress.service'],
  ])('count the requests of the Ingress: %s', async (_, values, label) => {
    const objects = await renderGuide({
      ...values,
      autoscaling: { latency: { milliseconds: 300 }, concurrency: 4 },
    });
    const requests = requestsOf(objects);
    expect(requests.map(({ metric }) => metric.name).sort()).toEqual([
      'sls_ingress_concurrency',
      'sls_ingress_latency_p95',
      'sls_ingress_qps',
    ]);
    for (const request of requests)
      expect(request).toMatchObject({ project, logstore, routes: [loggedRoute(objects)] });
    const [metric] = only<Scaling>(objects, 'HorizontalPodAutoscaler').spec.metrics;
    expect(Object.keys(metric?.external.metric.selector.matchLabels ?? {})).toContain(label);
  });

  it('work in any Namespace, and accept more labels', async () => {
    const labels = {
      'sls.query.interval': '30',
      'sls.query.delay': '5',
      'sls.ingress.host': 'a.example.com',
    };
    const objects = await renderGuide(
      { autoscaling: { sls: { labels } } },
      { namespace: 'shop-of-a-long-name' },
    );
    expect(requestsOf(objects)).toMatchObject([
      {
        routes: [loggedRoute(objects)],
        intervalSeconds: 30,
        delaySeconds: 5,
        filters: { host: { operator: 'in', values: ['a.example.com'] } },
      },
    ]);
    expect(loggedRoute(objects)).toMatch(/^shop-of-a-long-name-/);
  });

  it('are requests per second of a pod, latency of a route, and concurrent requests of a pod', async () => {
    const objects = await renderGuide({
      autoscaling: { qps: 2.5, latency: { milliseconds: '400', measure: 'p99' }, concurrency: 1500000 },
    });
    const { metrics } = only<Scaling>(objects, 'HorizontalPodAutoscaler').spec;
    expect(metrics.map(({ external }) => [external.metric.name, external.target])).toEqual([
      ['sls_ingress_qps', { type: 'AverageValue', averageValue: '2.5' }],
      ['sls_ingress_latency_p99', { type: 'Value', value: '400' }],
      ['sls_ingress_concurrency', { type: 'AverageValue', averageValue: '1500000' }],
    ]);
  });
});

describe("the guide's HPA with the guide's log", () => {
  const clock = new TestClock();
  let emulator: Emulator;
  let adapter: TestAdapter;

  beforeAll(async () => {
    const logstores = [{ project, logstore }];
    emulator = await startEmulator({ logstores, accessKey, clock });
    adapter = await startAdapter(
      { slsEndpoint: emulator.url, delay: '10' },
      { clock },
      'reading: { freshnessSeconds: 0 }',
    );
    const line = (secondsAgo: number, upstream: string) => ({
      timeSeconds: clock.nowSeconds - secondsAgo,
      fields: { status: '200', proxy_upstream_name: upstream, proxy_alternative_upstream_name: '' },
    });
    await emulator.sink(project, logstore).append([
      // The 15 s that end 10 s ago.
      ...Array.from({ length: 42 }, (_, index) => line(11 + (index % 15), guideRoute)),
      ...Array.from({ length: 7 }, () => line(12, 'default-other-80')),
      line(26, guideRoute),
    ]);
  });
  afterAll(async () => {
    await adapter[Symbol.asyncDispose]();
    await emulator.stop();
  });

  it('reads the rate of its route, by the path of the HPA controller', async () => {
    const { metrics } = only<Scaling>(await renderGuide(), 'HorizontalPodAutoscaler').spec;
    expect(metrics).toHaveLength(1);
    const { name, selector } = metrics[0]?.external.metric ?? { name: '', selector: { matchLabels: {} } };
    const { statusCode, body } = await adapter.request(
      readPath(name, selectorOf(selector.matchLabels), namespace),
    );
    expect([statusCode, body]).toMatchObject([
      200,
      { items: [{ metricName: 'sls_ingress_qps', value: '2800m' }] },
    ]);
  });
});
