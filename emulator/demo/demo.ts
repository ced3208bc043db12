import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import type { Io } from '../../src/cli/io.ts';
import { parseDurationMs, parseListenAddress, parsePort, type ListenAddress } from '../../src/cli/options.ts';
import { prepareCommand, runCommand } from '../../src/cli/run-command.ts';
import { loadConfig } from '../../src/config/load.ts';
import { startService, type Service } from '../../src/service.ts';
import { createEventLog } from '../../src/telemetry/event-log.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { startListening } from '../emulate.ts';
import { startEmulator, type Emulator } from '../emulator.ts';
import { demoRoutes } from '../traffic/routes.ts';
import { startTraffic } from '../traffic/traffic.ts';
import { AdapterClient, requestsIn } from './adapter-client.ts';
import { desiredReplicas, guideHpa } from './desired-replicas.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { shellWord } from './shell-word.ts';
import { createView, type RouteLine } from './view.ts';

interface DemoOptions {
  readonly securePort: number;
  readonly telemetryPort: number;
  readonly certDir?: string;
  /** Address of the local SLS. */
  readonly listen: ListenAddress;
  /** Milliseconds until it ends by itself. */
  readonly for?: number;
}

const project = 'k8s-log-demo';
const logstore = 'nginx-ingress';
const accessKey = { id: 'demo', secret: 'demo' };

/** Lines of a real cluster take 0.5 to 2 s from the request to the index. */
const ingestLagMs = (random: () => number) => 500 + 1500 * random();

/** More series than the table shows, each with its value at /metrics. */
const mostSeriesValues = 100;

const terminalRefreshMs = 1000;
const pipeRefreshMs = 5000;

/** @returns the exit code: 0, 1 for a failure, 2 for wrong flags */
export function runDemo(argv: readonly string[], io: Io): Promise<number> {
  const command = prepareCommand(new Command('npm run demo --'), io)
    .description(
      'Run everything on this machine: a local SLS, traffic and the adapter. Shows a table of what is read.',
    )
    .addOption(
      new Option('--secure-port <port>', 'Port of the API; 0 takes any free one')
        .argParser(parsePort)
        .default(6443),
    )
    .addOption(
      new Option('--telemetry-port <port>', 'Port of plain HTTP for /metrics; 0 takes any free one')
        .argParser(parsePort)
        .default(0),
    )
    .addOption(
      new Option(
        '--cert-dir <dir>',
        'Where the certificate and the kubeconfig are kept; without it, sls-metrics-adapter below $XDG_CACHE_HOME or ~/.cache',
      ),
    )
    .addOption(
      new Option('--listen <address>', 'Address and port of the local SLS; port 0 takes any free one')
        .argParser(parseListenAddress)
        .default({ host: '127.0.0.1', port: 0 }, '127.0.0.1:0'),
    )
    .addOption(
      new Option('--for <duration>', 'End by itself after this time, for example 60s').argParser(
        parseDurationMs,
      ),
    )
    .action((options: DemoOptions) => demo(options, io));
  return runCommand('demo', command, argv, io);
}

/** Everything on this machine until a signal: a local SLS, traffic, the adapter, and a table of what it reads. */
async function demo(options: DemoOptions, io: Io): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([io.signal, ended.signal]);
  const routes = demoRoutes();
  // The past that the traffic begins with is there at once: a reading over half of it would be too low.
  let backfilled = false;
  await using resources = new AsyncDisposableStack();
  const emulator = await startListening(options.listen, () =>
    startEmulator({
      listenHost: options.listen.host,
      listenPort: options.listen.port,
      logstores: [{ project, logstore }],
      accessKey,
      ingestLagMs: () => (backfilled ? ingestLagMs(io.random) : 0),
      clock: io.clock,
      random: io.random,
    }),
  );
  resources.defer(() => emulator.stop());
  const traffic = await startTraffic({
    routes,
    sink: emulator.sink(project, logstore),
    clock: io.clock,
    random: io.random,
    signal,
  });
  backfilled = true;
  resources.defer(async () => {
    ended.abort();
    await traffic.done;
  });
  const service = await startAdapter(options, emulator.url, io);
  resources.defer(() => service.stop('the demo ends'));
  if (options.for !== undefined) {
    const timer = setTimeout(() => ended.abort(), options.for);
    resources.defer(() => clearTimeout(timer));
  }
  const names = routes.map(({ name }) => name);
  await introduce(service, names, io);
  await watch(service, emulator, names, signal, io);
}

/** Settings of the environment have no effect: the demo never contacts a cloud. */
function startAdapter(
  { securePort, telemetryPort, certDir }: DemoOptions,
  endpoint: string,
  io: Io,
): Promise<Service> {
  const flags = {
    authentication: 'none',
    shutdownDelayDuration: '0s',
    securePort: String(securePort),
    telemetryPort: String(telemetryPort),
    statusPage: 'true',
    certDir,
    slsEndpoint: endpoint,
    logLevel: 'error',
  };
  const config = loadConfig({ flags, env: {} });
  const shown = { ...config, telemetry: { ...config.telemetry, maxSeriesValues: mostSeriesValues } };
  const env = {
    XDG_CACHE_HOME: io.env['XDG_CACHE_HOME'],
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
  };
  return startService(shown, { ...io, env }, createEventLog(createLogger(config.log.level)));
}

const readPath = (route: string) =>
  `/apis/external.metrics.k8s.io/v1beta1/namespaces/default/sls_ingress_qps?labelSelector=` +
  `sls.project=${project},sls.logstore=${logstore},sls.ingress.route=${route}`;

async function introduce(
  { url, telemetryUrl, certificateFile }: Service,
  routes: readonly string[],
  io: Io,
): Promise<void> {
  const kubeconfig = await writeKubeconfig(url, certificateFile);
  const [first = ''] = routes;
  io.stdout.write(
    [
      `external.metrics.k8s.io/v1beta1 is served at ${url}, from a local SLS. Try:`,
      '',
      `  kubectl --kubeconfig ${shellWord(kubeconfig)} get --raw '${readPath(first)}'`,
      '',
      `What goes on is at ${telemetryUrl}/ for a browser, and at ${telemetryUrl}/metrics for Prometheus.`,
      `Replicas are those of the guide's HPA: ${guideHpa.averageValue} requests/s each, ${guideHpa.minReplicas} to ${guideHpa.maxReplicas}. Ctrl-C ends.`,
      '',
      '',
    ].join('\n'),
  );
}

/** Shows what the adapter answers, until the signal. */
async function watch(
  service: Service,
  emulator: Emulator,
  routes: readonly string[],
  signal: AbortSignal,
  io: Io,
): Promise<void> {
  const client = await AdapterClient.connect(service.url, service.certificateFile);
  const view = createView(io.stdout);
  const refreshMs = io.stdout.isTTY ? terminalRefreshMs : pipeRefreshMs;
  let replicas: number = guideHpa.minReplicas;
  try {
    while (!signal.aborted) {
      const lines = await Promise.all(routes.map((route) => readRoute(client, route, io.clock)));
      const [guide] = lines;
      if (guide?.qps !== undefined) replicas = desiredReplicas(guide.qps, replicas);
      const shown = lines.map((line, index) => (index === 0 ? { ...line, replicas } : line));
      view.show({ routes: shown, slsQueries: emulator.stats().queries });
      await sleep(refreshMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    view.end();
    client.close();
  }
}

async function readRoute(client: AdapterClient, route: string, clock: Io['clock']): Promise<RouteLine> {
  const unknown = { route, qps: undefined, requests: undefined, ageSeconds: undefined, replicas: undefined };
  try {
    const item = await client.read(readPath(route));
    return {
      ...unknown,
      qps: item.value,
      requests: requestsIn(item),
      ageSeconds: clock.now() / 1000 - item.windowEndSeconds,
      error: undefined,
    };
  } catch (error) {
    return { ...unknown, error: error instanceof Error ? error.message : String(error) };
  }
}
