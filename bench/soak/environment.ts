import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { accessKey } from '../../test/support/adapter.ts';
import { createCa, type Ca, type PemPair } from '../../test/support/certificates.ts';
import { authenticationData } from '../../test/support/cluster.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-apiserver.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { AdapterProcess } from './adapter-process.ts';
import { Clients } from './clients.ts';
import { endSlsFaults, type Disturbed } from './disturbances.ts';
import { SoakLog } from './log.ts';
import { wantedSeconds, type SoakPlan } from './plan.ts';
import { soakLogstores, soakRoutes, type SoakRoute } from './routes.ts';

/** Lines are written this long before their time. */
const aheadSeconds = 20;
/** No window reaches back further than this. */
const backSeconds = 130;
const retentionSeconds = 400;
const slsLatencyMs = 20;
/** Long, for a busy machine. */
const maxWaitMs = 60_000;
/** Longer than a soak, whose clocks advance by two minutes in each cycle. */
const certificateDays = 30;

/** What a soak runs on: SLS with its log, the API server, the adapter and its clients. */
export class SoakEnvironment implements Disturbed, AsyncDisposable {
  readonly routes: readonly SoakRoute[];
  readonly log: SoakLog;
  readonly emulator: Emulator;
  readonly apiServer: ScriptedApiServer;
  readonly adapter: AdapterProcess;
  readonly clients: Clients;
  /** The clock of SLS and of the adapter. */
  readonly clock: { now(): number };
  readonly #proxyCas: readonly Ca[];
  readonly #clientCa: Ca;
  readonly #owned: AsyncDisposableStack;
  readonly #time: { aheadMs: number };

  private constructor(
    parts: Pick<
      SoakEnvironment,
      'routes' | 'log' | 'emulator' | 'apiServer' | 'adapter' | 'clients' | 'clock'
    >,
    cas: { readonly client: Ca; readonly proxies: readonly Ca[] },
    time: { aheadMs: number },
    owned: AsyncDisposableStack,
  ) {
    this.routes = parts.routes;
    this.log = parts.log;
    this.emulator = parts.emulator;
    this.apiServer = parts.apiServer;
    this.adapter = parts.adapter;
    this.clients = parts.clients;
    this.clock = parts.clock;
    this.#clientCa = cas.client;
    this.#proxyCas = cas.proxies;
    this.#time = time;
    this.#owned = owned;
  }

  static async open(plan: SoakPlan): Promise<SoakEnvironment> {
    await using resources = new AsyncDisposableStack();
    const time = { aheadMs: 0 };
    const clock = { now: () => Date.now() + time.aheadMs };
    const [client, ...proxies] = await Promise.all(
      ['clients', 'front-proxy', 'next-front-proxy'].map((name) => createCa(name, { notAfter: lastDay() })),
    );
    if (client === undefined) throw new Error('the client CA is missing');
    const apiServer = resources.use(await startScriptedApiServer());
    apiServer.setAuthentication(authenticationData(client.certificate, bundleOf(proxies)));
    apiServer.decide = ({ user }) => user.username !== 'system:anonymous';
    const emulator = resources.use(
      await startEmulator({
        logstores: soakLogstores,
        accessKey,
        latencyMs: slsLatencyMs,
        retentionSeconds,
        clock,
      }),
    );
    const generations = plan.newNames ? plan.cycles : 1;
    const routes = soakRoutes(plan.permanentHpas + generations * plan.temporaryHpas);
    const log = new SoakLog(emulator, routes);
    const adapter = resources.use(
      await AdapterProcess.start(plan.config, {
        'sls-endpoint': emulator.url,
        kubeconfig: await apiServer.kubeconfigFile(),
      }),
    );
    const clients = resources.use(new Clients(adapter.url, await pairOf(proxies)));
    await waitFor(
      async () => (await clients.get('/readyz', 'HTTP/2, kept')).status === 200,
      'the adapter to be ready',
    );
    const parts = { routes, log, emulator, apiServer, adapter, clients, clock };
    const environment = new SoakEnvironment(parts, { client, proxies }, time, resources.move());
    endSlsFaults(environment);
    await environment.keepLogAhead();
    return environment;
  }

  get nowSeconds(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** Writes the log ahead of time. Must be called more often than every 20 s. */
  async keepLogAhead(): Promise<void> {
    await this.log.write(this.nowSeconds - backSeconds, this.nowSeconds + aheadSeconds);
  }

  /**
   * Advances the clocks, after which no earlier read makes a series wanted. The clock of SLS comes first. Otherwise windows
   * would be in the future of SLS.
   */
  async advanceClocks(): Promise<void> {
    const bySeconds = wantedSeconds + 1;
    const nowSeconds = this.nowSeconds + bySeconds;
    await this.log.write(nowSeconds - backSeconds, nowSeconds + aheadSeconds);
    this.#time.aheadMs += bySeconds * 1000;
    await this.adapter.setClock(this.#time.aheadMs);
  }

  /** Resolves once no earlier read makes a series wanted. */
  async waitUntilUnwanted(how: SoakPlan['expiry'], signal: AbortSignal): Promise<void> {
    if (how === 'advanced clocks') await this.advanceClocks();
    else await sleep((wantedSeconds + 1) * 1000, undefined, { signal });
  }

  /** Resolves once at most that many series are wanted, or after a minute. The caller must check the number. */
  async waitForWantedSeries(maxSeries: number, signal: AbortSignal): Promise<void> {
    const startMs = performance.now();
    while ((await this.adapter.wantedSeries()) > maxSeries) {
      if (performance.now() - startMs > maxWaitMs) return;
      await sleep(100, undefined, { signal });
    }
    // Let the last queries finish.
    await sleep(500, undefined, { signal });
  }

  /** Sets whether the ConfigMap has one CA of front proxies or two. The clients' certificate is of the first, so it stays valid. */
  trustProxies(count: 1 | 2): void {
    const proxies = this.#proxyCas.slice(0, count);
    this.apiServer.setAuthentication(authenticationData(this.#clientCa.certificate, bundleOf(proxies)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

const bundleOf = (cas: readonly Ca[]) => cas.map(({ certificate }) => certificate).join('');

async function pairOf([ca]: readonly Ca[]): Promise<PemPair> {
  if (ca === undefined) throw new Error('the front proxy CA is missing');
  return ca.issue({ cn: 'front-proxy-client', notAfter: lastDay() });
}

const lastDay = () => new Date(Date.now() + certificateDays * 24 * 3600_000);
