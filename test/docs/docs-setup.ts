import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parse } from 'yaml';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { steady } from '../../emulator/traffic/rate.ts';
import type { TrafficRoute } from '../../emulator/traffic/routes.ts';
import { startTraffic } from '../../emulator/traffic/traffic.ts';
import { runProgram } from '../../src/cli/program.ts';
import { fakeIo } from '../support/fake-io.ts';
import { startScriptedApiServer } from '../support/scripted-apiserver.ts';
import type { KubeObject } from '../support/scripted-collection.ts';
import { wordsOf, yamlOf, type DocCommand } from './doc-commands.ts';

const project = 'k8s-log-c0ffee';

/** The flags with which the pages name an SLS. */
const slsFlags = /--region cn-beijing( --network public)?|--sls-endpoint \S+/;

/** Commands that do not read SLS. */
const withoutSls = /^(--help|ram-policy|trust-policy|loadtest)|--counts/;

/** What the pages write, and what it stands for here. */
const placeholders = (setup: DocsSetup): readonly (readonly [RegExp, string])[] => [
  [/ *>\S+/g, ''],
  [/--selector '…'/g, "--selector 'sls.project=…,sls.logstore=…,sls.ingress.route=…'"],
  [/k8s-log-(\{cluster id\}|ID|demo)|(?<=sls\.project=)…/g, project],
  [/(?<=sls\.logstore=|--logstore )(…|NAME)/g, 'nginx-ingress'],
  [/(?<=sls\.ingress\.route=)…/g, 'default-web-80'],
  // The one of a cluster is tried by test/cluster/replay.cluster.ts.
  [/(?<=--hpa )shop\/web/g, 'hpa.yaml'],
  [/(?<![-\w/])(hpa\.yaml|config\.yaml|request\.json|report\.html)/g, `${setup.directory}/$&`],
  [/http:\/\/bert\.example\.com/g, setup.serviceUrl],
  // Minutes of load, and a day of lines.
  [/--for 10m/g, '--for 2s'],
  [/--last 24h/g, '--last 1h'],
  [/~\/\.kube\/config/g, setup.kubeconfig],
  [/http:\/\/127\.0\.0\.1:8088/g, setup.emulator.url],
];

/** What the pages' commands meet: an SLS with lines, an API server with the HPA of docs/hpa.md, a service, and files. */
class DocsSetup implements AsyncDisposable {
  readonly emulator: Emulator;
  readonly directory: string;
  readonly kubeconfig: string;
  readonly serviceUrl: string;
  readonly #resources: AsyncDisposableStack;

  constructor(parts: {
    readonly emulator: Emulator;
    readonly directory: string;
    readonly kubeconfig: string;
    readonly serviceUrl: string;
    readonly resources: AsyncDisposableStack;
  }) {
    this.emulator = parts.emulator;
    this.directory = parts.directory;
    this.kubeconfig = parts.kubeconfig;
    this.serviceUrl = parts.serviceUrl;
    this.#resources = parts.resources;
  }

  /** Returns the line with what its placeholders stand for. */
  filled(text: string): string {
    return placeholders(this).reduce((line, [pattern, meaning]) => line.replaceAll(pattern, meaning), text);
  }

  /** Runs the part of the line that is a command of the adapter. What a pipe gives to it is the HPA of docs/hpa.md. */
  async run({ text }: DocCommand) {
    const command = adapterCommandOf(this.filled(text)) ?? '';
    const sls = withoutSls.test(command) ? '' : ` --sls-endpoint ${this.emulator.url}`;
    const words = wordsOf(command.replace(slsFlags, '') + sls);
    const fake = fakeIo({ ALIBABA_CLOUD_ACCESS_KEY_ID: 'any', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'any' });
    const code = await runProgram(words, { ...fake.io, stdin: Readable.from([hpaOfThePage()]) });
    return { code, stdout: fake.stdout(), stderr: fake.stderr() };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}

/** Returns the words behind `sls-metrics-adapter` or `npm run -s adapter --`. Undefined: the line is for other programs. */
export const adapterCommandOf = (line: string): string | undefined =>
  /(?:^|[|] |-- )(?:sls-metrics-adapter|npm run -s adapter --) ((?:[a-z]|--help).*?)(?: \| .*)?$/.exec(
    line,
  )?.[1];

/** The first HPA of the page, of our project. */
const hpaOfThePage = (): string =>
  (yamlOf('docs/hpa.md').find((text) => text.includes('kind: HorizontalPodAutoscaler')) ?? '').replace(
    /k8s-log-\w+/,
    project,
  );

/** @param pastSeconds how long there have been lines */
export async function startDocsSetup(pastSeconds: number): Promise<DocsSetup> {
  const resources = new AsyncDisposableStack();
  const [emulator, apiServer, directory] = await Promise.all([
    startEmulator({
      logstores: [
        { project, logstore: 'nginx-ingress' },
        {
          project,
          logstore: 'app',
          index: { fields: { event: 'text', service: 'text', latency_ms: 'double' } },
        },
      ],
    }),
    startScriptedApiServer(),
    mkdtemp(join(tmpdir(), 'docs-')),
  ]);
  resources.defer(() => rm(directory, { recursive: true }));
  resources.use(apiServer);
  resources.defer(() => emulator.stop());
  emulator.collectFrom(3);
  const ending = new AbortController();
  const traffic = { clock: Date, random: () => 0.5, signal: ending.signal, pastSeconds };
  const nginx = emulator.sink(project, 'nginx-ingress');
  const routes = ['default-web-80', 'shop-web-80', 'default-bert-tfserving-8501'].map(steadyRoute);
  const nginxTraffic = await startTraffic({ ...traffic, routes, sink: nginx });
  const appTraffic = await startTraffic({
    ...traffic,
    routes: [steadyRoute('chat')],
    sink: emulator.sink(project, 'app'),
    record: ({ atSeconds, upstreamName }) => ({
      timeSeconds: Math.floor(atSeconds),
      fields: { event: 'request', service: upstreamName, latency_ms: '250' },
    }),
  });
  resources.defer(async () => {
    ending.abort();
    await Promise.all([nginxTraffic.done, appTraffic.done]);
  });
  const hpa = hpaOfThePage();
  apiServer.hpas.put(parse(hpa) as KubeObject);
  const service = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(service, 'listening');
  resources.defer(() => void service.close());
  const files = {
    'hpa.yaml': hpa,
    'config.yaml': yamlOf('docs/own-metrics.md')[0] ?? '',
    'request.json': '{}',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return new DocsSetup({
    emulator,
    directory,
    kubeconfig: await apiServer.kubeconfigFile(),
    serviceUrl: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
    resources,
  });
}

function steadyRoute(name: string): TrafficRoute {
  const requests = { host: 'www.example.com', method: 'GET', url: '/', upstreams: ['172.16.9.12:8080'] };
  const sizes = { requestSeconds: 0.01, requestBytes: 412, responseBytes: 8192 };
  return { name, rate: steady(2), ...requests, ...sizes, failureShare: 0 };
}
