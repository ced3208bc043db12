import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Io } from '../../src/cli/io.ts';
import { parseDurationMs } from '../../src/cli/options.ts';
import { prepareCommand, runCommand } from '../../src/cli/run-command.ts';
import { loadConfig } from '../../src/config/load.ts';
import { startService, type Service } from '../../src/service.ts';
import { createEventLog } from '../../src/telemetry/event-log.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { startListening } from '../emulate.ts';
import { startEmulator } from '../emulator.ts';
import type { Faults } from '../faults.ts';
import { startForwarding } from '../ingest/collecting-sink.ts';
import { trafficPods } from '../live-lines.ts';
import { parseListenAddress, parsePort, type ListenAddress } from '../options.ts';
import { demoRoutes } from '../traffic/routes.ts';
import { startTraffic } from '../traffic/traffic.ts';
import { clientDirectory, writeConfig, writeKubeconfig } from './client-files.ts';
import { demoHpas, guideHpaFile, logstore, project, type DemoHpa } from './demo-hpas.ts';
import { SeenTraffic } from './seen-traffic.ts';
import { readPath, watchHpas } from './watch.ts';

interface DemoOptions {
  readonly securePort: number;
  readonly telemetryPort: number;
  readonly certDir?: string;
  /** Address of the local SLS. */
  readonly listen: ListenAddress;
  /** Milliseconds until it ends by itself. */
  readonly for?: number;
}

const accessKey = { id: 'demo', secret: 'demo' };

/** In a real cluster a line takes 0.5 to 2 s from the request to the index. */
const ingestLagMs = (random: () => number) => 500 + 1500 * random();

/** One cycle of the busiest route, so that even a short demo can be replayed. */
const pastSeconds = 180;

/** The most series that `/metrics` shows with their values: more than the table has routes. */
const mostSeriesValues = 100;

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

/** Runs a local SLS, traffic, the adapter and a table of its readings, until a signal. */
async function demo(options: DemoOptions, io: Io): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([io.signal, ended.signal]);
  const [hpas, routes] = [demoHpas(), demoRoutes()];
  // The past lines of the traffic have no lag: a reading of half of them would be too low.
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
  const collecting = startForwarding({
    sink: emulator.sink(project, logstore),
    pods: trafficPods,
    isStalled: emulator.collectFrom(trafficPods),
    clock: io.clock,
    signal,
  });
  resources.defer(async () => {
    ended.abort();
    await collecting.done;
  });
  const seen = new SeenTraffic(collecting, hpas[0]?.route ?? '');
  const traffic = await startTraffic({
    routes,
    sink: seen,
    clock: io.clock,
    random: io.random,
    signal,
    pastSeconds,
  });
  backfilled = true;
  resources.defer(async () => {
    ended.abort();
    await traffic.done;
  });
  const service = await startAdapter(options, emulator.url, hpas, io);
  resources.defer(() => service.stop('the demo ends'));
  if (options.for !== undefined) {
    const timer = setTimeout(() => ended.abort(), options.for);
    resources.defer(() => clearTimeout(timer));
  }
  const directory = await clientDirectory(service.url, service.certificateFile);
  await introduce(service, directory, emulator.url, hpas, io);
  await watchHpas(service, emulator, hpas, signal, io);
  const file = join(directory, 'traffic.csv');
  if (await seen.write(file)) io.stdout.write(replayHint(file));
}

const replayHint = (file: string) =>
  [
    '',
    "Which settings should the guide's HPA have had with this traffic?",
    '',
    `  npm run -s adapter -- replay --hpa ${guideHpaFile} --counts ${shellWord(file)} --startup 30s --sweep`,
    '',
    '',
  ].join('\n');

/** Settings of the environment have no effect: the demo never contacts a cloud. */
function startAdapter(
  { securePort, telemetryPort, certDir }: DemoOptions,
  endpoint: string,
  hpas: readonly DemoHpa[],
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
  const autoscalers = hpas.map(({ autoscaler }) => autoscaler);
  return startService(shown, { ...io, env, autoscalers }, createEventLog(createLogger(config.log.level)));
}

async function introduce(
  { url, telemetryUrl, certificateFile }: Service,
  directory: string,
  endpoint: string,
  hpas: readonly DemoHpa[],
  io: Io,
): Promise<void> {
  const kubeconfig = await writeKubeconfig(directory, url, certificateFile);
  const sls = { endpoint, project, logstore, accessKey };
  const config = `--config ${shellWord(await writeConfig(directory, sls))}`;
  const adapter = 'npm run -s adapter --';
  const selectorOf = (route = '') => `--selector sls.ingress.route=${route}`;
  const selector = selectorOf(hpas[0]?.route);
  const fault = (faults: Faults) => `curl -s -X PUT ${endpoint}/__faults -d '${JSON.stringify(faults)}'`;
  const shown = hpas.map(({ autoscaler: { namespace, name }, manifest: { spec } }) => {
    const { minReplicas, maxReplicas, metrics } = spec;
    return `  ${namespace}/${name}: ${(metrics[0]?.targetMilli ?? 0) / 1000} requests/s a pod, ${minReplicas} to ${maxReplicas} replicas`;
  });
  io.stdout.write(
    [
      `external.metrics.k8s.io/v1beta1 is served at ${url}, from a local SLS at ${endpoint}. Try:`,
      '',
      ...hpas
        .slice(0, 1)
        .map((hpa) => `  kubectl --kubeconfig ${shellWord(kubeconfig)} get --raw '${readPath(hpa)}'`),
      `  ${adapter} query sls_ingress_qps ${config} ${selector}`,
      `  ${adapter} explain sls_ingress_qps ${config} ${selector} --run`,
      `  ${adapter} routes ${config} --since 3m`,
      `  ${adapter} routes ${config} --hpa web --namespace default`,
      `  ${adapter} doctor ${config} ${selector}`,
      '',
      'Break it, and let doctor find the cause: a misspelt route, a silent log, a refused key. After the last line all is well again,',
      'within two minutes. What an HPA sees is in the table below, after some 20 s, or 60 s for the key: until then the last reading holds.',
      'The kubeconfig has no cluster, and serves get --raw alone.',
      '',
      `  ${adapter} doctor ${config} ${selectorOf('default-wbe-80')}`,
      `  ${fault({ collectorStalled: true })}`,
      `  ${fault({ status: 401, errorCode: 'SignatureNotMatch' })}`,
      `  ${fault({})}`,
      '',
      `The status page is ${telemetryUrl}/ for a browser, the metrics are ${telemetryUrl}/metrics for Prometheus.`,
      `The key of the local SLS is ${accessKey.id}, with the secret ${accessKey.secret}.`,
      'The model of the HPA controller scales by what the adapter answers, every 15 s. Its HPAs:',
      ...shown,
      'Ctrl-C ends the demo.',
      '',
      '',
    ].join('\n'),
  );
}

/** Returns the text as one word of a POSIX shell, quoted only if it must be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
