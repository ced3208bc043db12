import { createServer, type Server } from 'node:https';
import type { AddressInfo, LookupFunction } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckResult } from '../../src/doctor/check.ts';
import { examine } from '../../src/doctor/examine.ts';
import type { DoctorInput, DoctorDependencies } from '../../src/doctor/examination.ts';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { nginxIngressIndex, type IndexConfig } from '../../emulator/store/index-config.ts';
import { createEventLog } from '../../src/telemetry/event-log.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { accessKey, logstore, project } from '../support/adapter.ts';
import { createCa, type Ca } from '../support/certificates.ts';
import { autoscaler, externalMetric } from '../support/scripted-autoscalers.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../support/scripted-apiserver.ts';
import type { AskedAccess } from '../support/scripted-reviews.ts';

export const apiServiceName = 'v1beta1.external.metrics.k8s.io';
export const service = { namespace: 'sls-metrics-adapter', name: 'sls-metrics-adapter' };
export const controller = 'system:serviceaccount:kube-system:horizontal-pod-autoscaler';
export const where = `sls.project=${project},sls.logstore=${logstore}`;
export const route = 'shop-web-80';

export const line = (timeSeconds: number, fields: Readonly<Record<string, string>>): LogRecord => ({
  timeSeconds,
  fields,
});

/** The index of ACK without some fields. */
export const indexWithout = (...names: string[]): IndexConfig => ({
  fields: Object.fromEntries(
    Object.entries(nginxIngressIndex.fields).filter(([name]) => !names.includes(name)),
  ),
});

/** How long the log of a new setup goes on, since many examinations may take a busy machine minutes. */
const aheadSeconds = 600;

/** One line a second over the last minute. */
export const usualLines = (nowSeconds: number, ahead = 0): LogRecord[] =>
  Array.from({ length: 60 + ahead }, (_, age) =>
    line(nowSeconds + ahead - age, {
      proxy_upstream_name: route,
      proxy_alternative_upstream_name: '',
      status: '200',
      request_time: '0.02',
    }),
  );

export const matchLabels = (labels: Readonly<Record<string, string>>) => ({ matchLabels: labels });

export const usualLabels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': route };

/**
 * Everything that a reading depends on, without any fault: an SLS with lines of one minute, a cluster with an HPA that
 * names the route, and an adapter behind its Service. A test breaks a part of it and runs doctor.
 */
export class HealthySetup implements AsyncDisposable {
  readonly apiServer: ScriptedApiServer;
  readonly ca: Ca;
  emulator: Emulator;
  /** Flags by option key. They override the flags of the pod. */
  flags: Record<string, string | undefined> = {};
  env: Record<string, string | undefined>;
  /** Text of the configuration file. */
  file = '{}';
  input: Partial<DoctorInput> = {};
  dependencies: Partial<DoctorDependencies> = {};
  /** Returns true for access that no account has. */
  denied: (asked: AskedAccess) => boolean = () => false;
  readonly #adapter: Server;
  readonly #serviceAccountDir: string;
  readonly #directory: string;

  constructor(parts: {
    readonly apiServer: ScriptedApiServer;
    readonly ca: Ca;
    readonly emulator: Emulator;
    readonly adapter: Server;
    readonly pod: { readonly serviceAccountDir: string; readonly env: Record<string, string> };
    readonly directory: string;
  }) {
    this.apiServer = parts.apiServer;
    this.ca = parts.ca;
    this.emulator = parts.emulator;
    this.env = {
      ...parts.pod.env,
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
    };
    this.#adapter = parts.adapter;
    this.#serviceAccountDir = parts.pod.serviceAccountDir;
    this.#directory = parts.directory;
    this.apiServer.decide = (asked) => !this.denied(asked);
  }

  /** Port of the adapter behind its Service. */
  get adapterPort(): number {
    return (this.#adapter.address() as AddressInfo).port;
  }

  /** Stops the SLS and starts another one. */
  async replaceSls(
    options: Partial<EmulatorOptions>,
    lines: readonly LogRecord[] = usualLines(nowSeconds()),
  ): Promise<void> {
    await this.emulator.stop();
    this.emulator = await startSls(options, lines);
  }

  /** Registers a healthy APIService with the given changes. */
  register(
    more: Parameters<ScriptedApiServer['apiServices']['putExternalMetrics']>[1] = {},
    owner: { readonly namespace: string; readonly name: string } = service,
  ): void {
    const { apiServices } = this.apiServer;
    const caBundle = Buffer.from(this.ca.certificate).toString('base64');
    apiServices.putExternalMetrics({ ...owner, port: this.adapterPort }, { caBundle, ...more });
    apiServices.setAvailable(apiServiceName, 'True', 'Passed', 'all checks passed');
  }

  async examine(signal = new AbortController().signal): Promise<readonly CheckResult[]> {
    const config = join(this.#directory, 'config.yaml');
    await writeFile(config, this.file);
    const flags = {
      config,
      slsEndpoint: this.emulator.url,
      serviceNamespace: service.namespace,
      serviceAccountDir: this.#serviceAccountDir,
      ...this.flags,
    };
    const input: DoctorInput = {
      metric: undefined,
      selector: undefined,
      namespace: 'default',
      serviceAccount: undefined,
      flags,
      ...this.input,
    };
    const dependencies: DoctorDependencies = {
      clock: Date,
      monotonicMs: () => performance.now(),
      random: () => 0.5,
      env: this.env,
      observer: createEventLog(createLogger('silent')),
      lookup: onLoopback,
      pause: () => Promise.resolve(),
      // They have a test of their own, and would take a third of the time.
      assumptions: [],
      ...this.dependencies,
    };
    return await examine(input, dependencies, signal, () => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.emulator.stop();
    this.#adapter.closeAllConnections();
    await new Promise((resolve) => this.#adapter.close(resolve));
    await this.apiServer[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true });
  }
}

export async function createHealthySetup(): Promise<HealthySetup> {
  const [apiServer, ca, emulator, directory] = await Promise.all([
    startScriptedApiServer(),
    createCa('adapter'),
    startSls({}, usualLines(nowSeconds(), aheadSeconds)),
    mkdtemp(join(tmpdir(), 'doctor-')),
  ]);
  const host = `${service.name}.${service.namespace}.svc`;
  const { certificate, key } = await ca.issue({ cn: host, eku: 'server', sans: [host] });
  const adapter = createServer({ cert: certificate, key });
  await new Promise<void>((resolve) => adapter.listen(0, '127.0.0.1', resolve));
  const pod = await apiServer.podEnvironment();
  const setup = new HealthySetup({ apiServer, ca, emulator, adapter, pod, directory });
  setup.register();
  apiServer.hpas.put(
    autoscaler('shop', 'web', [externalMetric('sls_ingress_qps', matchLabels(usualLabels))]),
  );
  return setup;
}

export const nowSeconds = () => Math.floor(Date.now() / 1000);

async function startSls(options: Partial<EmulatorOptions>, lines: readonly LogRecord[]): Promise<Emulator> {
  const emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey, ...options });
  if (lines.length > 0) await emulator.sink(project, logstore).append(lines);
  return emulator;
}

/** Resolves every name to this machine. */
const onLoopback: LookupFunction = (_, options, done) => {
  if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
};

/** Returns results with status failed or warn. */
export const faultsIn = (results: readonly CheckResult[]) =>
  results.filter(({ status }) => status === 'failed' || status === 'warn');
