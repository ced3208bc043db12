import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { accessKey, project, readPath, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
const window = { startSeconds: clock.nowSeconds - 25, endSeconds: clock.nowSeconds - 10 };
const examples = resolve(import.meta.dirname, '../../docs/examples');
const exampleOf = (name: string) => readFileSync(resolve(examples, name), 'utf8');
/** The metric by the user agent, in the page. */
const ofAgents =
  /^```yaml\n(metrics:\n {2}- name: agent_qps[^]*?)^```/m.exec(exampleOf('../own-metrics.md'))?.[1] ?? '';

/** A number from 0 to `most` that is the same in every run. */
const drawn = (n: number, most: number) => (Math.imul(n * 64 + most, 0x9e37_79b1) >>> 9) % (most + 1);
const some = Array.from({ length: 400 }, (_, n) => n);
const timeOf = (n: number) => window.startSeconds - 3 + drawn(n, 20);

interface Request {
  readonly container: string;
  readonly namespace: string;
  readonly model: string;
  readonly bytes: number;
  readonly failed: boolean;
}
const predictions = some.map((n): Request & { readonly timeSeconds: number } => ({
  timeSeconds: timeOf(n),
  container: ['bert', 'bert-canary', 'gpt'][drawn(n, 2)] ?? '',
  namespace: ['default', 'team-a'][drawn(n + 5, 1)] ?? '',
  model: ['bert', 'bert_large'][drawn(n + 9, 1)] ?? '',
  bytes: drawn(n, 5000),
  failed: drawn(n, 9) === 0,
}));

/** The lines of TensorFlow Serving: one for the request, and one more if it fails. */
const linesOf = ({
  timeSeconds,
  container,
  namespace,
  model,
  bytes,
  failed,
}: (typeof predictions)[number]) => {
  const line = (text: string): LogRecord => ({
    timeSeconds,
    fields: { content: text, _container_name_: container, _namespace_: namespace },
  });
  const path = `POST /v1/models/${model}:predict`;
  return [
    line(
      `2026-01-01 00:00:00.000001: I tensorflow_serving/model_servers/http_server.cc:126] Processing HTTP request: ${path} body: ${bytes} bytes.`,
    ),
    ...(failed
      ? [
          line(
            `2026-01-01 00:00:00.000002: I tensorflow_serving/model_servers/http_server.cc:142] Error Processing HTTP/REST request: ${path} Error: INVALID_ARGUMENT`,
          ),
        ]
      : []),
  ];
};

const agents = some.map((n) => ({
  timeSeconds: timeOf(n),
  agent: ['okhttp/4.9', 'okhttp/5.0', 'okhttp-like/1', 'curl/8.5.0'][drawn(n, 3)] ?? '',
}));

const calls = some.map((n) => ({
  timeSeconds: timeOf(n),
  event: drawn(n, 11) === 0 ? 'start' : 'request',
  service: ['chat', 'search'][drawn(n, 1)] ?? '',
  tenant: `t${drawn(n, 6)}`,
  status: [200, 404, 500, 503][drawn(n + 3, 3)] ?? 0,
  latency_ms: drawn(n, 3000) / 8,
  queue_length: drawn(n, 12),
}));

let emulator: Emulator;
const adapters: TestAdapter[] = [];

beforeAll(async () => {
  emulator = await startEmulator({
    logstores: [
      {
        project,
        logstore: 'tf-serving',
        index: { fields: { content: 'text', _container_name_: 'text', _namespace_: 'text' } },
      },
      { project, logstore: 'nginx-ingress' },
      {
        project,
        logstore: 'app',
        index: {
          fields: {
            event: 'text',
            service: 'text',
            tenant: 'text',
            status: 'long',
            latency_ms: 'double',
            queue_length: 'long',
          },
        },
      },
    ],
    accessKey,
    clock,
  });
  await emulator.sink(project, 'tf-serving').append(predictions.flatMap(linesOf));
  await emulator
    .sink(project, 'nginx-ingress')
    .append(agents.map(({ timeSeconds, agent }) => ({ timeSeconds, fields: { http_user_agent: agent } })));
  const records = calls.map(({ timeSeconds, ...fields }) => ({
    timeSeconds,
    fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)])),
  }));
  await emulator.sink(project, 'app').append(records);
});
afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter[Symbol.asyncDispose]()));
  await emulator.stop();
});

async function readerOf(config: string) {
  const flags = { slsEndpoint: emulator.url, project, delay: '10' };
  const adapter = await startAdapter(flags, { clock, random: () => 0.9 }, config);
  adapters.push(adapter);
  return async (metric: string, selector: string): Promise<readonly number[]> => {
    const { body, text } = await adapter.request(readPath(metric, selector));
    const { items } = body as { readonly items?: readonly { readonly value: string }[] };
    return (items ?? expect.unreachable(text)).map(({ value }) => numberOf(value));
  };
}

/** Converts a Quantity to a number. */
const numberOf = (text: string) =>
  Number.parseFloat(text) * (text.endsWith('m') ? 0.001 : text.endsWith('k') ? 1000 : 1);

const inWindow = ({ timeSeconds }: { readonly timeSeconds: number }) =>
  timeSeconds >= window.startSeconds && timeSeconds < window.endSeconds;
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
/** Anything finer than a thousandth is rounded up. */
const expectReadings = (found: readonly number[], wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length);
  for (const [index, one] of wanted.entries()) {
    expect(one).toBeGreaterThan(0);
    expect(found[index]).toBeCloseTo(Math.ceil(one * 1000 - 1e-6) / 1000, 9);
  }
};

describe('docs/examples/own-metrics-tfserving.yaml', () => {
  it('counts requests and bytes of containers and of a model as its comments say', async () => {
    const read = await readerOf(exampleOf('own-metrics-tfserving.yaml'));
    const requests = predictions.filter(inWindow);
    const containers = ['bert', 'bert-canary', 'gpt'];
    const of = (name: string) => requests.filter(({ container }) => container === name);
    const selector = `tfserving.container in (${containers.join(',')})`;
    expectReadings(
      await read('tfserving_qps', selector),
      containers.map((name) => of(name).length / 15),
    );
    expectReadings(
      await read('tfserving_request_bytes', selector),
      containers.map((name) => sum(of(name).map(({ bytes }) => bytes)) / 15),
    );
    for (const namespace of ['default', 'team-a']) {
      const own = requests.filter((one) => one.model === 'bert' && one.namespace === namespace);
      const asked = `tfserving.model=bert${namespace === 'default' ? '' : `,tfserving.namespace=${namespace}`}`;
      expectReadings(await read('tfserving_model_qps', asked), [own.length / 15]);
    }
  });
});

describe('docs/examples/own-metrics-application.yaml', () => {
  it('reads latency, queue, errors and the busiest tenant as its comments say', async () => {
    const read = await readerOf(exampleOf('own-metrics-application.yaml'));
    const of = (name: string) =>
      calls.filter((call) => inWindow(call) && call.event === 'request' && call.service === name);
    for (const service of ['chat', 'search']) {
      const own = of(service);
      const selector = `app.service=${service}`;
      const latencies = own.map(({ latency_ms }) => latency_ms).sort((a, b) => a - b);
      expectReadings(await read('app_latency_p95', selector), [
        latencies[Math.ceil(latencies.length * 0.95) - 1] ?? 0,
      ]);
      expectReadings(await read('app_queue_length', selector), [
        sum(own.map(({ queue_length }) => queue_length)) / own.length,
      ]);
      const errors = (least: number) => own.filter(({ status }) => status >= least).length / own.length;
      expectReadings(await read('app_error_ratio', selector), [errors(500)]);
      expectReadings(await read('app_error_ratio', `${selector},app.error-from=400`), [errors(400)]);
      const tenants = [...Map.groupBy(own, ({ tenant }) => tenant).values()];
      expectReadings(await read('app_busiest_tenant_qps', selector), [
        Math.max(...tenants.map(({ length }) => length)) / 15,
      ]);
    }
    expect(await read('app_busiest_tenant_qps', 'app.service=none')).toEqual([0]);
  });
});

it('docs/own-metrics.md: the metric by the user agent counts all versions of one program', async () => {
  const read = await readerOf(ofAgents);
  const own = agents.filter((line) => inWindow(line) && line.agent.startsWith('okhttp/'));
  expectReadings(await read('agent_qps', 'my.agent=okhttp'), [own.length / 15]);
});
