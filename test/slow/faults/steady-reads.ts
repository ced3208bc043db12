import { setTimeout as sleep } from 'node:timers/promises';
import { project, readPath, selectorOf, type Reply } from '../../support/adapter.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { FleetSettings } from './fleet-settings.ts';
import type { Finding, ReadChecker } from './read-checker.ts';
import type { KnownRoute } from './known-log.ts';
import { startTimer } from '../../support/own-time.ts';

/** A read and the result of its check. */
export interface CheckedRead {
  readonly route: KnownRoute;
  /** Less the time in which this process waited for a processor. */
  readonly tookMs: number;
  /** Unix ms by the adapter's clock. */
  readonly receivedMs: number;
  readonly finding: Finding;
}

interface SteadyReadsParts {
  readonly routes: readonly KnownRoute[];
  readonly settings: FleetSettings;
  readonly checker: ReadChecker;
  /** The adapter's clock. */
  readonly clock: { now(): number };
  readonly send: (path: string) => Promise<Reply>;
}

/** Each route is read this often, as if by many HPAs. */
const readEveryMs = 1000;
const maxErrors = 10;
/** Longer than any recovery may take, so that a late one can be told from none. */
const maxRecoveryMs = 120_000;

/** Reads every route once a second, with one read per route in flight, and checks all of them. */
export class SteadyReads {
  /** Reads since the last call of `clear`. */
  reads: CheckedRead[] = [];
  /** The first wrong reads since then. */
  #errors: string[] = [];
  readonly #parts: SteadyReadsParts;
  #paused: PromiseWithResolvers<void> | undefined;
  #inFlight = 0;

  constructor(parts: SteadyReadsParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { routes } = this.#parts;
    const firstPauseMs = (index: number) => (index * readEveryMs) / routes.length;
    await Promise.all(routes.map((route, index) => this.#keepReading(route, firstPauseMs(index), signal)));
  }

  /** Pauses the reads. Resolves once none is in flight. */
  async pause(): Promise<void> {
    this.#paused ??= Promise.withResolvers();
    await waitFor(() => this.#inFlight === 0, 'the end of the reads in flight');
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  clear(): void {
    this.reads = [];
    this.#errors = [];
  }

  /** @throws Error if a read was wrong */
  assertCorrect(): boolean {
    if (this.#errors.length > 0) throw new Error(this.#errors.join('\n'));
    return true;
  }

  /**
   * Waits until each route has a fresh reading of a later window than any before.
   *
   * @returns how long that took, in seconds, less the time in which this process waited for a processor
   * @throws Error if there is none or a read was wrong
   */
  async waitForRecovery(): Promise<number> {
    const { routes, settings } = this.#parts;
    const elapsedMs = startTimer();
    const latest = new Map<KnownRoute, number>();
    for (const { route, finding } of this.reads)
      if (finding.kind === 'number') latest.set(route, finding.windowEndMs);
    const seen = this.reads.length;
    const isFresh = ({ route, finding }: CheckedRead) =>
      finding.kind === 'number' &&
      finding.ageMs <= settings.freshness * 1000 &&
      finding.windowEndMs > (latest.get(route) ?? 0);
    const isRecovered = () => {
      this.assertCorrect();
      const fresh = this.reads.slice(seen).filter(isFresh);
      return new Set(fresh.map(({ route }) => route)).size === routes.length;
    };
    await waitFor(isRecovered, 'a fresh reading of every route', maxRecoveryMs);
    return elapsedMs() / 1000;
  }

  async #keepReading(route: KnownRoute, firstPauseMs: number, signal: AbortSignal): Promise<void> {
    const labels = {
      'sls.project': project,
      'sls.logstore': route.logstore,
      'sls.ingress.route': route.name,
      'sls.query.interval': String(this.#parts.settings.interval),
    };
    const path = readPath('sls_ingress_qps', selectorOf(labels));
    for (let pauseMs = firstPauseMs; await this.#continueAfter(pauseMs, signal);) {
      const startMs = performance.now();
      this.#inFlight += 1;
      await this.#read(route, path).catch((error: unknown) => this.#note(route, error));
      this.#inFlight -= 1;
      pauseMs = Math.max(0, startMs + readEveryMs - performance.now());
    }
  }

  async #continueAfter(pauseMs: number, signal: AbortSignal): Promise<boolean> {
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    await this.#paused?.promise;
    return !signal.aborted;
  }

  async #read(route: KnownRoute, path: string): Promise<void> {
    const { clock, checker, send } = this.#parts;
    const [sentMs, elapsedMs] = [clock.now(), startTimer()];
    const reply = await send(path);
    const [receivedMs, tookMs] = [clock.now(), elapsedMs()];
    const finding = checker.check({ route, sentMs, receivedMs, reply });
    this.reads.push({ route, tookMs, receivedMs, finding });
  }

  #note({ name }: KnownRoute, error: unknown): void {
    if (this.#errors.length < maxErrors)
      this.#errors.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
