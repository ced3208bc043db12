import { setTimeout as sleep } from 'node:timers/promises';
import { project, readPath, selectorOf, type Reply } from '../../support/adapter.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { FleetSettings } from './fleet-settings.ts';
import type { Finding, Judge } from './read-checker.ts';
import type { KnownRoute } from './known-log.ts';

/** A read that was judged. */
export interface JudgedRead {
  readonly route: KnownRoute;
  readonly tookMs: number;
  /** By the adapter's clock, Unix ms. */
  readonly receivedMs: number;
  readonly finding: Finding;
}

export interface SteadyReadsParts {
  readonly routes: readonly KnownRoute[];
  readonly settings: FleetSettings;
  readonly judge: Judge;
  /** The adapter's. */
  readonly clock: { now(): number };
  readonly send: (path: string) => Promise<Reply>;
}

/** Each route is read again so long after, as if by many HPAs. */
const readEveryMs = 1000;
const enoughWrong = 10;

/** Reads every route once a second, one read of each at a time, and has all of them judged. */
export class SteadyReads {
  /** Since `forget` was last called. */
  reads: JudgedRead[] = [];
  /** What was read since then that must not be; the first of it. */
  #wrong: string[] = [];
  readonly #parts: SteadyReadsParts;
  #resting: PromiseWithResolvers<void> | undefined;
  #underWay = 0;

  constructor(parts: SteadyReadsParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { routes } = this.#parts;
    const firstPauseMs = (place: number) => (place * readEveryMs) / routes.length;
    await Promise.all(routes.map((route, place) => this.#keepReading(route, firstPauseMs(place), signal)));
  }

  /** Reads pause; resolves once none is under way. */
  async rest(): Promise<void> {
    this.#resting ??= Promise.withResolvers();
    await waitFor(() => this.#underWay === 0, 60_000, 'the reads under way end');
  }

  resume(): void {
    this.#resting?.resolve();
    this.#resting = undefined;
  }

  forget(): void {
    this.reads = [];
    this.#wrong = [];
  }

  /** @throws Error where a read was not what it must be */
  noneWrong(): boolean {
    if (this.#wrong.length > 0) throw new Error(this.#wrong.join('\n'));
    return true;
  }

  /**
   * Waits until each route reads a window that ended after the last that it had read by now, and fresh.
   *
   * @returns how long that took, in s
   * @throws Error where it takes too long, or a read was not what it must be
   */
  async recovered(timeoutMs: number): Promise<number> {
    const { clock, routes, settings } = this.#parts;
    const sinceMs = clock.now();
    const latest = new Map<KnownRoute, number>();
    for (const { route, finding } of this.reads)
      if (finding.kind === 'number') latest.set(route, finding.windowEndMs);
    const seen = this.reads.length;
    const isFresh = ({ route, finding }: JudgedRead) =>
      finding.kind === 'number' &&
      finding.ageMs <= settings.freshness * 1000 &&
      finding.windowEndMs > (latest.get(route) ?? 0);
    const firstFresh = () => {
      this.noneWrong();
      const byRoute = new Map<KnownRoute, number>();
      for (const read of this.reads.slice(seen).reverse())
        if (isFresh(read)) byRoute.set(read.route, read.receivedMs);
      return byRoute.size === routes.length ? [...byRoute.values()] : undefined;
    };
    const times = await waitFor(firstFresh, timeoutMs, 'every route reads fresh again');
    return (Math.max(...times) - sinceMs) / 1000;
  }

  async #keepReading(route: KnownRoute, firstPauseMs: number, signal: AbortSignal): Promise<void> {
    const labels = {
      'sls.project': project,
      'sls.logstore': route.logstore,
      'sls.ingress.route': route.name,
      'sls.query.interval': String(this.#parts.settings.interval),
    };
    const path = readPath('sls_ingress_qps', selectorOf(labels));
    for (let pauseMs = firstPauseMs; await this.#goesOnAfter(pauseMs, signal);) {
      const startMs = performance.now();
      this.#underWay += 1;
      await this.#read(route, path).catch((error: unknown) => this.#note(route, error));
      this.#underWay -= 1;
      pauseMs = Math.max(0, startMs + readEveryMs - performance.now());
    }
  }

  async #goesOnAfter(pauseMs: number, signal: AbortSignal): Promise<boolean> {
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    await this.#resting?.promise;
    return !signal.aborted;
  }

  async #read(route: KnownRoute, path: string): Promise<void> {
    const { clock, judge, send } = this.#parts;
    const [sentMs, startMs] = [clock.now(), performance.now()];
    const reply = await send(path);
    const [receivedMs, tookMs] = [clock.now(), performance.now() - startMs];
    const finding = judge.judge({ route, sentMs, receivedMs, reply });
    this.reads.push({ route, tookMs, receivedMs, finding });
  }

  #note({ name }: KnownRoute, error: unknown): void {
    if (this.#wrong.length < enoughWrong)
      this.#wrong.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
