import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { parseGatewayLine } from '../../../emulator/ingest/forms/gateway-form.ts';
import type { JsonObject } from '../../../emulator/ingest/forms/json-text.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import { accessLine, ackRecord } from '../../../emulator/traffic/access-line.ts';
import {
  albText,
  envoyGatewayText,
  envoyRequestOf,
  mseText,
} from '../../../emulator/traffic/gateway-line.ts';
import { kindOfLine, type LineKind } from '../../../emulator/traffic/line-kinds.ts';
import { accessKey, readPath, selectorOf, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { only, type KubernetesObject } from '../../support/manifests.ts';
import { TestClock } from '../../support/test-clock.ts';
import { renderChart } from '../support/helm.ts';
import { chart, type Scaling } from './chart.ts';

interface Ingress {
  readonly spec: {
    readonly ingressClassName: string;
    readonly rules: readonly {
      readonly http: { readonly paths: readonly { readonly backend: { readonly service: Backend } }[] };
    }[];
  };
}
interface Backend {
  readonly name: string;
  readonly port: { readonly number: number };
}
interface Route {
  readonly spec: {
    readonly parentRefs: readonly object[];
    readonly hostnames: readonly string[];
    readonly rules: readonly object[];
  };
}

const fieldsOf = (text: string): Readonly<Record<string, string>> => {
  const parsed = parseGatewayLine(JSON.parse(text) as JsonObject, undefined);
  if (parsed.kind !== 'record') throw new Error(parsed.reason);
  return parsed.record.fields;
};

/** The backend of the only path of an Ingress: its namespace, the Service, and the port that the Ingress gives. */
function backendOf(objects: readonly KubernetesObject[]) {
  const { metadata, spec } = only<Ingress>(objects, 'Ingress');
  const service = spec.rules[0]?.http.paths[0]?.backend.service;
  if (service === undefined) throw new Error('the Ingress has no path');
  return { namespace: metadata.namespace ?? '', service: service.name, port: service.port.number };
}

/** Returns what each kind of gateway logs of a request to the rendered objects. Sources: docs/gateways.md. */
const logged: Readonly<Record<LineKind, (objects: readonly KubernetesObject[]) => LogRecord['fields']>> = {
  'nginx-ingress': (objects) => {
    const { namespace, service, port } = backendOf(objects);
    return ackRecord(accessLine({ atSeconds: 0, upstreamName: `${namespace}-${service}-${port}` })).fields;
  },
  'alb-ingress': (objects) => {
    const { namespace, service, port } = backendOf(objects);
    return fieldsOf(albText(accessLine({ atSeconds: 0, upstreamName: `${namespace}-${service}-${port}` })));
  },
  'mse-ingress': (objects) => {
    const { namespace, service, port } = backendOf(objects);
    const upstreamCluster = `outbound|${port}||${service}.${namespace}.svc.cluster.local`;
    return fieldsOf(mseText({ ...envoyRequestOf(accessLine({ atSeconds: 0 })), upstreamCluster }));
  },
  'envoy-gateway': (objects) => {
    const route = objects.find(({ kind }) => kind === 'HTTPRoute' || kind === 'GRPCRoute');
    const { kind, metadata, spec } = route as KubernetesObject & Route;
    const host = spec.hostnames[0]?.replaceAll('.', '_') ?? '';
    const routeName = `${kind.toLowerCase()}/${metadata.namespace ?? ''}/${metadata.name}/rule/0/match/0/${host}`;
    return fieldsOf(envoyGatewayText({ ...envoyRequestOf(accessLine({ atSeconds: 0 })), routeName }));
  },
};

/** An example of each kind, the logstore that it reads, and the class of its Ingress. */
const examples: readonly (readonly [string, LineKind, string, string | undefined])[] = [
  ['values-guide.yaml', 'nginx-ingress', 'nginx-ingress', 'nginx'],
  ['values-serverless.yaml', 'alb-ingress', 'alb_bert', 'alb'],
  ['values-mse.yaml', 'mse-ingress', 'mse-access-log', 'mse'],
  ['values-gateway.yaml', 'envoy-gateway', 'envoy-gateway', undefined],
  ['ci/grpc-route-values.yaml', 'envoy-gateway', 'envoy-gateway', undefined],
];

const render = (file: string, values: object = {}) =>
  renderChart({ chart, release: 'bert', namespace: 'models', valueFiles: [join(chart, file)], values });

describe('the chart behind each kind of gateway', () => {
  const clock = new TestClock();
  let emulator: Emulator;
  let adapter: TestAdapter;

  beforeAll(async () => {
    emulator = await startEmulator({
      ...{ accessKey, clock },
      logstores: examples.map(([file, kind, logstore]) => ({
        project: projectOf(file),
        logstore,
        index: kindOfLine[kind].index,
      })),
    });
    adapter = await startAdapter({ slsEndpoint: emulator.url, delay: '10' }, { clock });
  });
  afterAll(async () => {
    await adapter[Symbol.asyncDispose]();
    await emulator.stop();
  });

  it.each(examples)(
    '%s: the HPA reads the requests that %s logs of the rendered objects',
    async (file, kind, logstore, className) => {
      const objects = await render(file, { autoscaling: { sls: sls(file) } });
      const fields = logged[kind](objects);
      const at = (secondsAgo: number) => ({ timeSeconds: clock.nowSeconds - secondsAgo, fields });
      // 30 requests in the window of 15 s that ends 10 s ago, and one before it.
      await emulator
        .sink(projectOf(file), logstore)
        .append([...Array.from({ length: 30 }, (_, index) => at(11 + (index % 15))), at(26)]);
      if (className !== undefined)
        expect(only<Ingress>(objects, 'Ingress').spec.ingressClassName).toBe(className);
      const [metric] = only<Scaling>(objects, 'HorizontalPodAutoscaler').spec.metrics;
      const { name, selector } = metric?.external.metric ?? { name: '', selector: { matchLabels: {} } };
      expect(name).toBe(kindOfLine[kind].qps);
      const { body } = await adapter.request(readPath(name, selectorOf(selector.matchLabels), 'models'));
      expect(body).toMatchObject({ items: [{ value: '2' }] });
    },
  );

  it('a GRPCRoute has one rule to the port of gRPC, on the listener that the values name', async () => {
    expect(only(await render('ci/grpc-route-values.yaml'), 'GRPCRoute')).toMatchObject({
      metadata: { name: 'bert-grpc' },
      spec: {
        parentRefs: [{ name: 'inference', sectionName: 'https' }],
        hostnames: ['bert.example.com'],
        rules: [{ backendRefs: [{ name: 'bert', port: 8500 }] }],
      },
    });
  });

  it('a route of an HTTPRoute that is too long for a label is given in parts', async () => {
    const name = 'recommendation-wide-and-deep-tensorflow-serving-production-2026';
    const objects = await render('values-gateway.yaml', { ingress: { name } });
    const [metric] = only<Scaling>(objects, 'HorizontalPodAutoscaler').spec.metrics;
    expect(metric?.external.metric.selector.matchLabels).toMatchObject({
      'sls.ingress.namespace': 'models',
      'sls.ingress.service': name,
      'sls.ingress.port': '0',
    });
  });
});

/** Each example has a project of its own here, so that equal logstores do not mix. */
function projectOf(file: string): string {
  return `logs-${file.replaceAll(/[^a-z]/g, '-')}`;
}

const sls = (file: string) => ({ project: projectOf(file), clusterId: '' });
