import { pauseBoundMs, pauseUntil, type BackOffSettings } from '../../runtime/back-off.ts';
import type { KubeClient } from './kube-client.ts';
import { KubeError, messageOf, statusError } from './kube-error.ts';
import type { KubeObserver, WatchEndedEvent } from './kube-observer.ts';
import { pageOf, versionOf, type KubeObject, type ListPage } from './list-page.ts';
import type { WatchEvent } from './watch-lines.ts';

export interface WatchedCollection<Kept> {
  /** As `/api/v1/namespaces/{namespace}/configmaps`. */
  readonly path: string;
  /** Default: all of it. */
  readonly fieldSelector?: string;
  /** What is kept of an object, taken as soon as it is there: a list in whole may be large. Must not throw. */
  readonly keep: (object: KubeObject) => Kept;
}

/** Told in the server's order. */
export interface ListWatchHandlers<Kept> {
  /** These are all there are. */
  replaced(objects: readonly Kept[]): void;
  /** The server lets us follow what it listed. */
  watching?(): void;
  /** Added or modified. */
  applied(object: Kept): void;
  deleted(object: Kept): void;
  /** Whether this ends the run, instead of another try after a pause. Default: nothing does. */
  endsRun?(error: KubeError): boolean;
}

export interface ListWatchSettings extends BackOffSettings {
  /** Without a byte for so long, a watch is taken for dead. The server sends a bookmark about every minute. */
  readonly silenceMs: number;
  /** The server ends a watch after between one and two of these, seconds. */
  readonly watchSeconds: number;
  /** A page of a list, or the start of a watch. */
  readonly callTimeoutMs: number;
  /** Objects in a page of a list. */
  readonly pageSize: number;
}

/** Those of client-go's reflector, but for the silence and the size of a page (500). */
export const defaultListWatchSettings: ListWatchSettings = {
  firstPauseMs: 800,
  longestPauseMs: 30_000,
  silenceMs: 150_000,
  watchSeconds: 300,
  callTimeoutMs: 10_000,
  pageSize: 100,
};

export interface KubeSurroundings {
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observer: KubeObserver;
}

/** A watch that ended sooner, and told nothing, counts as a failure. */
const shortestGoodWatchMs = 1000;

/**
 * Keeps a collection current: a list, then a watch from its resourceVersion, again and again until the signal.
 * Whatever ends a watch, the next follows after a pause with full jitter; after 410, or what it cannot read, it
 * lists anew. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export class ListWatch<Kept> {
  readonly #client: KubeClient;
  readonly #collection: WatchedCollection<Kept>;
  readonly #handlers: ListWatchHandlers<Kept>;
  readonly #settings: ListWatchSettings;
  readonly #around: KubeSurroundings;
  #version: string | undefined;
  #failures = 0;
  #lastSyncMs: number | undefined;
  #lastFailure: string | undefined;

  constructor(
    client: KubeClient,
    collection: WatchedCollection<Kept>,
    handlers: ListWatchHandlers<Kept>,
    settings: ListWatchSettings,
    around: KubeSurroundings,
  ) {
    this.#client = client;
    this.#collection = collection;
    this.#handlers = handlers;
    this.#settings = settings;
    this.#around = around;
  }

  /** When the server last confirmed that what we hold is current, ms; undefined: never. */
  get lastSyncMs(): number | undefined {
    return this.#lastSyncMs;
  }

  /** Why it is not current, for a readiness check; undefined: it is. */
  problem(): string | undefined {
    if (this.#lastSyncMs === undefined) return this.#lastFailure ?? `${this.#path} was not listed yet`;
    const { silenceMs, longestPauseMs, callTimeoutMs } = this.#settings;
    const ageMs = this.#around.clock.now() - this.#lastSyncMs;
    if (ageMs <= silenceMs + 2 * (longestPauseMs + callTimeoutMs)) return undefined;
    return `${this.#path} is ${Math.round(ageMs / 1000)} s old: ${this.#lastFailure ?? 'no word from the server'}`;
  }

  /**
   * Never rejects.
   *
   * @returns the error that `endsRun` chose; undefined once the signal is aborted and nothing runs any more
   */
  async run(signal: AbortSignal): Promise<KubeError | undefined> {
    let ending: KubeError | undefined;
    while (!signal.aborted && ending === undefined) ending = await this.#round(signal);
    return ending;
  }

  /** As long as one watch lasts, and the pause after it, if another is to follow. */
  async #round(signal: AbortSignal): Promise<KubeError | undefined> {
    let end: Pick<WatchEndedEvent, 'reason' | 'message'>;
    try {
      this.#version ??= await this.#list(signal);
      await this.#watch(this.#version, signal);
      this.#lastFailure = undefined;
      end = { reason: 'closed', message: 'the server ended the watch' };
    } catch (error) {
      this.#failures++;
      this.#lastFailure = messageOf(error);
      if (!canResume(error)) this.#version = undefined;
      if (!signal.aborted && error instanceof KubeError && this.#handlers.endsRun?.(error) === true)
        return error;
      end = { reason: reasonOf(error), message: this.#lastFailure };
    }
    if (signal.aborted) return undefined;
    const retryInMs = pauseBoundMs(this.#failures, this.#settings);
    this.#around.observer.watchEnded({ path: this.#path, ...end, retryInMs });
    await pauseUntil(this.#around.random() * retryInMs, signal);
    return undefined;
  }

  /** Returns the list's resourceVersion, which is that of every page. */
  async #list(signal: AbortSignal): Promise<string> {
    const objects: Kept[] = [];
    let page = await this.#page({}, signal);
    const { version } = page;
    for (;;) {
      for (const item of page.items) objects.push(this.#collection.keep(item));
      if (page.next === '') break;
      page = await this.#page({ continue: page.next }, signal);
    }
    this.#handlers.replaced(objects);
    this.#synced();
    this.#around.observer.listed({ path: this.#path, objects: objects.length });
    return version;
  }

  async #page(from: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ListPage> {
    const { pageSize, callTimeoutMs } = this.#settings;
    const path = this.#pathWith({ limit: String(pageSize), ...from });
    const page = pageOf(await this.#client.get(path, { signal, timeoutMs: callTimeoutMs }));
    if (page === undefined) throw new KubeError('reply', `GET ${this.#path} answered no list`);
    return page;
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { random, clock } = this.#around;
    const { silenceMs, watchSeconds, callTimeoutMs } = this.#settings;
    const path = this.#pathWith({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: String(Math.ceil(watchSeconds * (1 + random()))),
    });
    const events = await this.#client.watch(path, { signal, silenceMs, timeoutMs: callTimeoutMs });
    this.#handlers.watching?.();
    const beganMs = clock.now();
    for await (const event of events) {
      this.#take(event);
      this.#failures = 0;
      this.#synced();
    }
    if (clock.now() - beganMs >= shortestGoodWatchMs) this.#failures = 0;
    else this.#failures++;
    this.#synced();
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') throw statusError(`the watch of ${this.#path}`, object);
    const version = versionOf(object);
    if (version === undefined) throw new KubeError('reply', 'an event of the watch has no resourceVersion');
    if (type === 'DELETED') this.#handlers.deleted(this.#collection.keep(object));
    else if (type !== 'BOOKMARK') this.#handlers.applied(this.#collection.keep(object));
    this.#version = version;
  }

  #synced(): void {
    this.#lastSyncMs = this.#around.clock.now();
  }

  #pathWith(parameters: Readonly<Record<string, string>>): string {
    const query = new URLSearchParams(parameters);
    const { fieldSelector } = this.#collection;
    if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
    return `${this.#path}?${query.toString()}`;
  }

  get #path(): string {
    return this.#collection.path;
  }
}

/** Whether the next watch may go on from where this one ended: the server did not refuse to, and we lost nothing. */
function canResume(error: unknown): boolean {
  if (!(error instanceof KubeError) || error.kind === 'reply') return false;
  return error.kind !== 'status' || error.statusCode === 429;
}

function reasonOf(error: unknown): WatchEndedEvent['reason'] {
  if (!(error instanceof KubeError)) return 'failed';
  if (error.statusCode === 410) return 'expired';
  return error.kind === 'timeout' ? 'silent' : 'failed';
}
