import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { albIngressIndex } from '../../emulator/store/index-config.ts';
import {
  accessKey,
  logstore,
  project,
  readPath,
  selectorOf,
  startAdapter,
  type TestAdapter,
} from '../support/adapter.ts';
import { expectStatus } from '../support/expect-status.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
const endSeconds = clock.nowSeconds - 10;
const albLogstore = 'alb_k8s_hpa_sls_logstore';

/** Thirty requests, two in each second of the window, of 10 ms, 20 ms, … 300 ms and 300 bytes each. */
const linesOf = (column: string, route: string): LogRecord[] =>
  Array.from({ length: 30 }, (_, n) => ({
    timeSeconds: endSeconds - 1 - (n % 15),
    fields: {
      [column]: route,
      status: '200',
      request_length: '300',
      request_time: ((n + 1) / 100).toFixed(3),
    },
  }));

const defaults = `
defaults: { project: ${project}, logstore: ${logstore} }
reading: { freshnessSeconds: 0 }
access:
  rules:
    - { name: own, namespaces: [shop], routes: ['{namespace}-*'] }
    - { name: others, namespaces: ['d*'] }
`;

let emulator: Emulator;
let adapter: TestAdapter;

beforeAll(async () => {
  emulator = await startEmulator({
    logstores: [
      { project, logstore },
      { project, logstore: albLogstore, index: albIngressIndex },
    ],
    accessKey,
    clock,
  });
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, defaults);
  await emulator
    .sink(project, logstore)
    .append([
      ...linesOf('proxy_upstream_name', 'default-nginx-80'),
      ...linesOf('proxy_upstream_name', 'sticky-default-nginx-80'),
      ...linesOf('proxy_upstream_name', 'shop-web-80'),
    ]);
  await emulator.sink(project, albLogstore).append(linesOf('slb_pool_name', 'default-tea-svc-80'));
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

/** An HPA with the fields, values and API version of the stock adapter's examples. */
const autoscaler = (...metrics: readonly string[]) => `
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
metadata:
  name: ingress-hpa
spec:
  scaleTargetRef:
    apiVersion: apps/v1beta2
    kind: Deployment
    name: nginx-deployment-basic
  minReplicas: 2
  maxReplicas: 10
  metrics:
${metrics.join('')}`;

const metric = (name: string, labels: string, target: string) => `
    - type: External
      external:
        metric:
          name: ${name}
          selector:
            matchLabels:
              ${labels.trim().replaceAll(/\n */g, '\n              ')}
        target: ${target}
`;

const average = '{ type: AverageValue, averageValue: 10 }';
const value = '{ type: Value, value: 10 }';

const labelsOf = (route: string, store = logstore) => `
  sls.project: "${project}"
  sls.logstore: "${store}"
  sls.ingress.route: "${route}"
`;

/** The examples before anything is filled in. */
const empty = `
  sls.project: ""
  sls.logstore: ""
  sls.ingress.route: ""
`;

interface Autoscaler {
  readonly spec: {
    readonly metrics: readonly {
      readonly external: {
        readonly metric: {
          readonly name: string;
          readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
        };
      };
    }[];
  };
}

/** The value of each metric of an HPA. */
async function readings(manifest: string) {
  const { spec } = parse(manifest) as Autoscaler;
  const replies = spec.metrics.map(({ external: { metric: wanted } }) =>
    adapter.request(readPath(wanted.name, selectorOf(wanted.selector.matchLabels))),
  );
  return (await Promise.all(replies)).map(({ body, text }) => {
    const { items = [] } = body as {
      readonly items?: readonly { readonly value: string; readonly window: number }[];
    };
    expect(items, text).toHaveLength(1);
    return [items[0]?.value, items[0]?.window];
  });
}

describe('an HPA for the stock adapter works without an edit', () => {
  it.each<[string, string, unknown[]]>([
    [
      'the first example',
      autoscaler(
        metric('sls_ingress_qps', labelsOf('default-nginx-80'), average),
        metric('sls_ingress_latency_p9999', labelsOf('default-nginx-80'), value),
      ),
      [
        ['2', 15],
        ['300', 15],
      ],
    ],
    [
      'the second, with a session-sticky route',
      autoscaler(
        metric('sls_ingress_qps', labelsOf('sticky-default-nginx-80'), average),
        metric('sls_ingress_latency_p9999', labelsOf('sticky-default-nginx-80'), value),
      ),
      [
        ['2', 15],
        ['300', 15],
      ],
    ],
    [
      'both examples with nothing filled in: the default logstore, all routes',
      autoscaler(
        metric('sls_ingress_qps', empty, average),
        metric('sls_ingress_latency_p9999', empty, value),
      ),
      [
        ['6', 15],
        ['300', 15],
      ],
    ],
    [
      'an empty route means all routes',
      autoscaler(metric('sls_ingress_inflow', labelsOf(''), value)),
      [['1800', 15]],
    ],
    [
      'a route of ALB',
      autoscaler(metric('sls_alb_ingress_qps', labelsOf('default-tea-svc-80', albLogstore), average)),
      [['2', 15]],
    ],
    [
      'every label of the stock adapter',
      autoscaler(
        metric(
          'sls_ingress_qps',
          `${labelsOf('default-nginx-80').trimEnd()}
          sls.query.interval: "30"
          sls.query.delay: "10"
          sls.query.max_retry: "5"
          sls.internal.endpoint: "true"`,
          value,
        ),
      ),
      [['1', 30]],
    ],
    [
      'an interval below 15 is applied as written',
      autoscaler(
        metric(
          'sls_ingress_qps',
          `${labelsOf('default-nginx-80').trimEnd()}\nsls.query.interval: "5"`,
          value,
        ),
      ),
      [['2', 5]],
    ],
  ])('%s', async (_, manifest, wanted) => {
    expect(await readings(manifest)).toEqual(wanted);
  });
});

it('an empty route counts as the whole logstore in access rules too', async () => {
  const selector = selectorOf({ 'sls.ingress.route': '' });
  expectStatus(
    await adapter.request(readPath('sls_ingress_qps', selector, 'shop')),
    403,
    'AccessDenied',
    /rule "own", namespace "shop" may read routes shop-\*, not the whole logstore "nginx-ingress"/,
  );
});
