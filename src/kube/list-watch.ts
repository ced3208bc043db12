import { pauseBoundMs, pauseUntil, type BackOffSettings } from './back-off.ts';
import type { KubeClient } from './kube-client.ts';
import { KubeError, isRecord, messageOf, statusError } from './kube-error.ts';
import type { KubeObserver, WatchEndedEvent } from './kube-observer.ts';
import type { WatchEvent } from './watch-lines.ts';

/** A Kubernetes object as it came. */
export type KubeObject = Readonly<Record<string, unknown>>;

/** Told in the server's order. */
export interface ListWatchHandlers {
  /** These are all there are. */
  replaced(objects: readonly KubeObject[]): void;
  /** Added or modified. */
  applied(object: KubeObject): void;
  deleted(object: KubeObject): void;
}

export interface ListWatchSettings extends BackOffSettings {
  /** Without a byte for so long, a watch is taken for dead. The server sends a bookmark about every minute. */
  readonly silenceMs: number;
  /** The server ends a watch after between one and two of these, seconds. */
  readonly watchSeconds: number;
  /** A list, or the start of a watch. */
  readonly callTimeoutMs: number;
}

/** Those of client-go's reflector, but for the silence. */
export const defaultListWatchSettings: ListWatchSettings = {
  firstPauseMs: 800,
  longestPauseMs: 30_000,
  silenceMs: 150_000,
  watchSeconds: 300,
  callTimeoutMs: 10_000,
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
export class ListWatch {
  readonly #client: KubeClient;
  readonly #path: string;
  readonly #fieldSelector: string | undefined;
  readonly #handlers: ListWatchHandlers;
  readonly #settings: ListWatchSettings;
  readonly #around: KubeSurroundings;
  #version: string | undefined;
  #failures = 0;
  #lastSyncMs: number | undefined;
  #lastFailure: string | undefined;

  /** @param collection `path` as `/api/v1/namespaces/{namespace}/configmaps`; all of it without `fieldSelector` */
  constructor(
    client: KubeClient,
    collection: { readonly path: string; readonly fieldSelector?: string },
    handlers: ListWatchHandlers,
    settings: ListWatchSettings,
    around: KubeSurroundings,
  ) {
    this.#client = client;
    this.#path = collection.path;
    this.#fieldSelector = collection.fieldSelector;
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

  /** Resolves once the signal is aborted and nothing runs any more; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.#round(signal);
  }

  /** As long as one watch lasts, and the pause after it. */
  async #round(signal: AbortSignal): Promise<void> {
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
      end = { reason: reasonOf(error), message: this.#lastFailure };
    }
    if (signal.aborted) return;
    const retryInMs = pauseBoundMs(this.#failures, this.#settings);
    this.#around.observer.watchEnded({ path: this.#path, ...end, retryInMs });
    await pauseUntil(this.#around.random() * retryInMs, signal);
  }

  /** Returns the list's resourceVersion. */
  async #list(signal: AbortSignal): Promise<string> {
    const path = this.#pathWith({});
    const list = await this.#client.get(path, { signal, timeoutMs: this.#settings.callTimeoutMs });
    const items = isRecord(list) ? list['items'] : undefined;
    const version = versionOf(list);
    // Go writes an empty list of some kinds as null.
    if (version === undefined || !(items === null || (Array.isArray(items) && items.every(isRecord))))
      throw new KubeError('reply', `GET ${this.#path} answered no list`);
    this.#handlers.replaced(items ?? []);
    this.#synced();
    this.#around.observer.listed({ path: this.#path, objects: items?.length ?? 0 });
    return version;
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
    if (type === 'DELETED') this.#handlers.deleted(object);
    else if (type !== 'BOOKMARK') this.#handlers.applied(object);
    this.#version = version;
  }

  #synced(): void {
    this.#lastSyncMs = this.#around.clock.now();
  }

  #pathWith(parameters: Readonly<Record<string, string>>): string {
    const query = new URLSearchParams(parameters);
    if (this.#fieldSelector !== undefined) query.set('fieldSelector', this.#fieldSelector);
    return query.size === 0 ? this.#path : `${this.#path}?${query.toString()}`;
  }
}

function versionOf(object: unknown): string | undefined {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' && version !== '' ? version : undefined;
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
