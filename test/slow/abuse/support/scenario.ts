import { setTimeout as sleep } from 'node:timers/promises';
import { FrontProxy } from '../../../../bench/support/front-proxy.ts';
import { logstore, project, readPath, selectorOf } from '../../../support/adapter.ts';
import { createCa, type Ca, type PemPair } from '../../../support/certificates.ts';
import { authenticationData } from '../../../support/cluster.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../../support/scripted-apiserver.ts';
import { autoscaler, externalMetric } from '../../../support/scripted-autoscalers.ts';
import { waitFor } from '../../../support/wait-for.ts';
import { AdapterProcess } from './adapter-process.ts';
import { attackTurn } from './attack-turn.ts';
import { Attackers } from './attackers.ts';
import type { HeldMemory } from './diagnostics.ts';
import { HonestHpa } from './honest-hpa.ts';
import { raisePriority } from './niceness.ts';
import { honestRoute, linesOfRoute, ScriptedSls } from './scripted-sls.ts';
import type { Harm } from './unharmed.ts';

const periodMs = 1000;
const warmReads = 2;
/** In the default window of 15 s. */
const honestQps = linesOfRoute / 15;
/** An attack that has not ended by then is left to itself: the adapter may never answer it. */
const maxAttackMs = 30_000;
/** How long an adapter that answers nothing is watched after the attack. */
const maxSilenceMs = 30_000;
export const honestLabels = {
  'sls.project': project,
  'sls.logstore': logstore,
  'sls.ingress.route': honestRoute,
};
const usualWatchMs = () => 1000 * Number(process.env['ABUSE_WATCH_SECONDS'] ?? 2);
export const hpaController = 'system:serviceaccount:kube-system:horizontal-pod-autoscaler';

/** For `prepare`: this user may read metrics too. */
export const mayRead =
  (name: string): NonNullable<ScenarioOptions['prepare']> =>
  ({ apiServer }) => {
    apiServer.decide = ({ user }) => user.username === hpaController || user.username === name;
  };

interface ScenarioOptions {
  /** Text of the configuration file. Default: no setting. */
  readonly config?: string;
  /** Fills the API server and sets SLS before the adapter starts. */
  readonly prepare?: (parts: Pick<Scenario, 'apiServer' | 'sls'>) => void;
  /** Options of `serve`, by name. */
  readonly options?: Readonly<Record<string, string>>;
}

/** The adapter as in a pod, its API server, its SLS, an honest HPA that reads once a second, and attackers. */
export class Scenario implements AsyncDisposable {
  readonly apiServer: ScriptedApiServer;
  readonly sls: ScriptedSls;
  readonly adapter: AdapterProcess;
  readonly honest: HonestHpa;
  readonly attackers: Attackers;
  /** The front proxy, for reads of other users and namespaces by the HPA controller. */
  readonly frontProxy: FrontProxy;
  readonly clientCa: Ca;
  readonly proxyCa: Ca;
  /** The front proxy's client certificate. */
  readonly proxyPair: PemPair;
  readonly #owned: AsyncDisposableStack;

  constructor(
    parts: Omit<Scenario, 'attack' | 'readerFor' | typeof Symbol.asyncDispose>,
    owned: AsyncDisposableStack,
  ) {
    this.apiServer = parts.apiServer;
    this.sls = parts.sls;
    this.adapter = parts.adapter;
    this.honest = parts.honest;
    this.attackers = parts.attackers;
    this.frontProxy = parts.frontProxy;
    this.clientCa = parts.clientCa;
    this.proxyCa = parts.proxyCa;
    this.proxyPair = parts.proxyPair;
    this.#owned = owned;
  }

  /** Returns what reads a path as the user, through two sessions of the front proxy in turn. Resolves with the status. */
  async readerFor(user: string): Promise<(path: string) => Promise<number | undefined>> {
    const { attackers, proxyPair } = this;
    const sessions = await Promise.all([1, 2].map(() => attackers.http2(proxyPair)));
    let reads = 0;
    return async (path) => {
      const session = sessions[reads++ % sessions.length];
      return session && (await attackers.fire(session, { ':path': path, 'x-remote-user': user }));
    };
  }

  /**
   * Runs the attack while the honest HPA reads, watches it for `watchMs` after the attack, and waits until the adapter answers
   * again and its memory is back. It never throws because of harm: `expectUnharmed` states what must hold.
   */
  async attack(
    run: () => Promise<unknown>,
    { attackMs = maxAttackMs, watchMs = usualWatchMs(), recoveryMs = 60_000 } = {},
  ): Promise<Harm> {
    const { honest, adapter } = this;
    const before = await this.#attackInTurn(run, attackMs, watchMs);
    const seen = [...honest.seen];
    const { longestSilenceMs } = honest;
    return {
      reads: seen.filter(({ kind }) => kind === 'read'),
      probes: seen.filter(({ kind }) => kind === 'probe'),
      before,
      after: await heldAtLast(adapter, before, recoveryMs),
      peakResidentMb: adapter.peakResidentMb,
      longestSilenceMs,
      crash: adapter.crash,
      lastLines: adapter.lines.slice(-30),
      logBytes: adapter.logBytes,
    };
  }

  /** Returns what the adapter held before the attack. */
  async #attackInTurn(
    run: () => Promise<unknown>,
    attackMs: number,
    watchMs: number,
  ): Promise<HeldMemory | undefined> {
    const { honest, adapter } = this;
    await using resources = new AsyncDisposableStack();
    resources.use(await attackTurn());
    const before = await adapter.held();
    const sampling = setInterval(() => adapter.samplePeak(), 100);
    honest.clear();
    const attack = run();
    attack.catch(() => undefined);
    await Promise.race([attack, sleep(attackMs)]);
    await sleep(watchMs);
    // A read that still waits counts too.
    const isOver = () =>
      adapter.crash !== undefined || (honest.silentMs < 2 * periodMs && honest.pending === 0);
    await waitFor(isOver, undefined, maxSilenceMs).catch(() => undefined);
    clearInterval(sampling);
    this.attackers[Symbol.dispose]();
    return before;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

/** Memory may be this much greater than before. */
export const maxGrowth = 0.2;

async function heldAtLast(
  adapter: AdapterProcess,
  before: HeldMemory | undefined,
  recoveryMs: number,
): Promise<HeldMemory | undefined> {
  const endMs = performance.now() + recoveryMs;
  for (;;) {
    const held = await adapter.held();
    const isBack =
      held !== undefined && before !== undefined && held.heldBytes < before.heldBytes * (1 + maxGrowth);
    if (isBack || held === undefined || performance.now() > endMs) return held;
    await sleep(500);
  }
}

const dayMs = 86_400_000;
/** Of certificates, whose clock a scenario may set. */
const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + dayMs) };

/** Starts everything and waits until the honest HPA has readings. */
export async function startScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  raisePriority();
  const { config = '{}', prepare, options: more = {} } = options;
  await using resources = new AsyncDisposableStack();
  const [clientCa, proxyCa] = await Promise.all([
    createCa('clients', validity),
    createCa('front-proxy', validity),
  ]);
  const apiServer = resources.use(await startScriptedApiServer());
  apiServer.setAuthentication(authenticationData(clientCa.certificate, proxyCa.certificate));
  apiServer.decide = ({ user }) => user.username === hpaController;
  apiServer.hpas.put(
    autoscaler('honest', 'web', [externalMetric('sls_ingress_qps', { matchLabels: honestLabels })]),
  );
  const sls = resources.use(await ScriptedSls.start());
  prepare?.({ apiServer, sls });
  const adapter = resources.use(
    await AdapterProcess.start(config, {
      'sls-endpoint': sls.url,
      kubeconfig: await apiServer.kubeconfigFile(),
      ...more,
    }),
  );
  const proxyPair = await proxyCa.issue({ cn: 'front-proxy-client', ...validity });
  const path = readPath('sls_ingress_qps', selectorOf(honestLabels), 'honest');
  const honest = resources.use(
    new HonestHpa({
      url: adapter.url,
      pid: adapter.pid,
      pair: proxyPair,
      path,
      periodMs,
      expectedValue: honestQps,
    }),
  );
  const attackers = resources.use(new Attackers(adapter.url));
  const frontProxy = resources.use(new FrontProxy(adapter.url, proxyPair));
  await waitUntilWarm(honest);
  const parts = { apiServer, sls, adapter, honest, attackers, frontProxy, clientCa, proxyCa, proxyPair };
  return new Scenario(parts, resources.move());
}

async function waitUntilWarm(honest: HonestHpa): Promise<void> {
  const isWarm = () => {
    if (honest.error !== undefined) throw new Error('its thread ended', { cause: honest.error });
    const last = honest.reads.slice(-warmReads);
    return last.length === warmReads && last.every(({ failure }) => failure === undefined);
  };
  await waitFor(isWarm).catch((cause: unknown) => {
    const seen = JSON.stringify(honest.seen.slice(-2));
    throw new Error(`the honest HPA has no readings: ${seen}`, { cause });
  });
}
