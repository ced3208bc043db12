import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { accessKey } from '../../test/support/adapter.ts';
import { createCa, type Ca, type PemPair } from '../../test/support/certificates.ts';
import { authenticationData } from '../../test/support/cluster.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-apiserver.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { AdapterProcess } from './adapter-process.ts';
import { Clients } from './clients.ts';
import { calm, type Disturbed } from './disturbances.ts';
import { SoakLog } from './log.ts';
import { forgettingSeconds, type SoakPlan } from './plan.ts';
import { soakLogstores, soakRoutes, type SoakRoute } from './routes.ts';

/** Lines are put so long before their time. */
const aheadSeconds = 20;
/** Windows reach back this far at most. */
const backSeconds = 130;
const retentionSeconds = 400;
const slsLatencyMs = 20;
/** Two refreshes, on a machine that is busy. */
const mostForgettingMs = 12_000;

/** Everything that a soak needs: SLS with its log, the API server, the adapter, and who asks it. */
export class Stage implements Disturbed, AsyncDisposable {
  readonly routes: readonly SoakRoute[];
  readonly log: SoakLog;
  readonly emulator: Emulator;
  readonly apiServer: ScriptedApiServer;
  readonly adapter: AdapterProcess;
  readonly clients: Clients;
  /** Of SLS and of the adapter. */
  readonly clock: { now(): number };
  readonly #proxyCas: readonly Ca[];
  readonly #clientCa: Ca;
  readonly #owned: AsyncDisposableStack;
  readonly #time: { aheadMs: number };

  private constructor(
    parts: Pick<Stage, 'routes' | 'log' | 'emulator' | 'apiServer' | 'adapter' | 'clients' | 'clock'>,
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

  static async open(plan: SoakPlan): Promise<Stage> {
    await using resources = new AsyncDisposableStack();
    const time = { aheadMs: 0 };
    const clock = { now: () => Date.now() + time.aheadMs };
    const [client, ...proxies] = await Promise.all(
      ['clients', 'front-proxy', 'next-front-proxy'].map((name) => createCa(name)),
    );
    if (client === undefined) throw new Error('there is no authority');
    const apiServer = resources.use(await startScriptedApiServer());
    apiServer.setAuthentication(authenticationData(client.certificate, bundleOf(proxies)));
    apiServer.decide = ({ user }) => user.username !== 'system:anonymous';
    const emulator = resources.use(
      await startEmulator({
        listenHost: '127.0.0.1',
        listenPort: 0,
        logstores: soakLogstores,
        accessKey,
        latencyMs: slsLatencyMs,
        retentionSeconds,
        clock,
      }),
    );
    const waves = plan.newNames ? plan.cycles : 1;
    const routes = soakRoutes(plan.stayingHpas + waves * plan.comingHpas);
    const log = new SoakLog(emulator, routes);
    const adapter = resources.use(
      await AdapterProcess.start(plan.config, {
        'bind-address': '127.0.0.1',
        'secure-port': '0',
        'shutdown-delay-duration': '0s',
        'sls-endpoint': emulator.url,
        kubeconfig: await apiServer.kubeconfigFile(),
      }),
    );
    const clients = resources.use(new Clients(adapter.url, await pairOf(proxies)));
    await waitFor(
      async () => (await clients.get('/readyz', 'HTTP/2, kept')).status === 200,
      15_000,
      'readiness',
    );
    const parts = { routes, log, emulator, apiServer, adapter, clients, clock };
    const stage = new Stage(parts, { client, proxies }, time, resources.move());
    calm(stage);
    await stage.keepLogAhead();
    return stage;
  }

  get nowSeconds(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  /** To be called often enough. */
  async keepLogAhead(): Promise<void> {
    await this.log.put(this.nowSeconds - backSeconds, this.nowSeconds + aheadSeconds);
  }

  /** After it, whatever was read is no longer remembered. SLS first: else there would be windows of the future. */
  async setClocksForward(): Promise<void> {
    const bySeconds = forgettingSeconds + 1;
    const nowSeconds = this.nowSeconds + bySeconds;
    await this.log.put(nowSeconds - backSeconds, nowSeconds + aheadSeconds);
    this.#time.aheadMs += bySeconds * 1000;
    await this.adapter.setClock(this.#time.aheadMs);
  }

  /** Resolves once whatever was read before is remembered no longer. */
  async passForgetting(how: SoakPlan['forgetting'], signal: AbortSignal): Promise<void> {
    if (how === 'clocks set forward') await this.setClocksForward();
    else await sleep((forgettingSeconds + 1) * 1000, undefined, { signal });
  }

  /** Resolves once no more series are wanted than these, or will not be: what there is then is for others to judge. */
  async forgotten(wantedSeries: number, signal: AbortSignal): Promise<void> {
    const startMs = performance.now();
    while ((await this.adapter.wantedSeries()) > wantedSeries) {
      if (performance.now() - startMs > mostForgettingMs) return;
      await sleep(100, undefined, { signal });
    }
    // Its last queries.
    await sleep(500, undefined, { signal });
  }

  /** The ConfigMap names one authority of front proxies, or both: a certificate that it trusts is good throughout. */
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
  if (ca === undefined) throw new Error('there is no authority of front proxies');
  return ca.issue({ cn: 'front-proxy-client' });
}
