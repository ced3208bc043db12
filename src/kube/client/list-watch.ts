import { jitteredPauseMs, pauseUntil, type BackOffSettings } from '../../runtime/back-off.ts';
import { KubeError, messageOf, statusError } from './kube-error.ts';
import { versionOf, type KubeObject } from './kube-object.ts';
import type { KubeDependencies, WatchEndedEvent } from './kube-observer.ts';
import { listPages, type Collection } from './list-pages.ts';
import type { WatchEvent } from './watch-events.ts';

interface WatchedCollection<Kept> extends Collection {
  /** Returns what is kept of an object. Called as soon as a page is there, since a list may be large. Must not throw. */
  readonly keep: (object: KubeObject) => Kept;
  /** Called at the start of a list. Returns what is used for its objects; those that become undefined are left out. Default: `keep`. */
  readonly keepListed?: () => (object: KubeObject) => Kept | undefined;
}

/** Called in the order of the server. */
export interface ListWatchHandlers<Kept> {
  /** A complete list was read. */
  readonly replaced: (objects: readonly Kept[]) => void;
  /** The server has accepted the watch of what it listed. */
  readonly watching?: () => void;
  /** An object was added or modified. */
  readonly applied: (object: Kept) => void;
  readonly deleted: (object: Kept) => void;
  /** Whether the error ends the run, instead of another try after a pause. Default: no error does. */
  readonly endsRun?: (error: KubeError) => boolean;
}

export interface ListWatchSettings extends BackOffSettings {
  /** A watch without a byte for so long counts as dead. The server sends a bookmark about every minute. */
  readonly silenceMs: number;
  /** The server ends a watch after between one and two of these, seconds. */
  readonly watchSeconds: number;
  /** Time-out of one page of a list, and of the start of a watch. */
  readonly callTimeoutMs: number;
  /** Objects in one page of a list. */
  readonly pageSize: number;
}

/** The values of client-go's reflector, except the silence and the page size (500 there). */
export const defaultListWatchSettings: ListWatchSettings = {
  firstPauseMs: 800,
  longestPauseMs: 30_000,
  silenceMs: 150_000,
  watchSeconds: 300,
  callTimeoutMs: 10_000,
  pageSize: 100,
};

/** A watch that ended sooner, without any event, counts as a failure. */
const shortestGoodWatchMs = 1000;

/**
 * Keeps a collection current: lists it, then watches from the resourceVersion of the list, until the signal. After any end
 * of a watch, the next one follows after a pause with full jitter. After 410, or after a reply that cannot be read, it lists
 * again. client-node's own informer stops at errors (docs/decisions/kube-client.md).
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export class ListWatch<Kept> {
  readonly #collection: WatchedCollection<Kept>;
  readonly #handlers: ListWatchHandlers<Kept>;
  readonly #settings: ListWatchSettings;
  readonly #dependencies: KubeDependencies;
  #version: string | undefined;
  #failures = 0;
  /** Set here only. When the server last confirmed that our copy is current, Unix ms. Undefined: never. */
  lastSyncMs: number | undefined;
  #syncedAtMs = -Infinity;
  #lastFailure: string | undefined;

  constructor(
    collection: WatchedCollection<Kept>,
    handlers: ListWatchHandlers<Kept>,
    settings: ListWatchSettings,
    dependencies: KubeDependencies,
  ) {
    this.#collection = collection;
    this.#handlers = handlers;
    this.#settings = settings;
    this.#dependencies = dependencies;
  }

  /** Returns why our copy is not current, for a readiness check. Undefined: it is current. */
  problem(): string | undefined {
    const { path } = this.#collection;
    if (this.lastSyncMs === undefined) return this.#lastFailure ?? `${path} was not listed yet`;
    const { silenceMs, longestPauseMs, callTimeoutMs } = this.#settings;
    const ageMs = this.#dependencies.monotonicMs() - this.#syncedAtMs;
    if (ageMs <= silenceMs + 2 * (longestPauseMs + callTimeoutMs)) return undefined;
    return `${path} is ${Math.round(ageMs / 1000)} s old: ${this.#lastFailure ?? 'the server has sent nothing'}`;
  }

  /**
   * Runs until the signal is aborted and nothing runs any more. Never rejects.
   *
   * @returns the error that `endsRun` chose, if one did
   */
  async run(signal: AbortSignal): Promise<KubeError | undefined> {
    let ending: KubeError | undefined;
    while (!signal.aborted && ending === undefined) ending = await this.#listAndWatch(signal);
    return ending;
  }

  /** Lists if needed, watches until the watch ends, and pauses. */
  async #listAndWatch(signal: AbortSignal): Promise<KubeError | undefined> {
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
      end = { reason: endReasonOf(error), message: this.#lastFailure };
    }
    if (signal.aborted) return undefined;
    const { observer, random } = this.#dependencies;
    const retryInMs = jitteredPauseMs(this.#failures, { ...this.#settings, random });
    observer.watchEnded({ path: this.#collection.path, ...end, retryInMs });
    await pauseUntil(retryInMs, signal);
    return undefined;
  }

  /** Returns the resourceVersion of the list. */
  async #list(signal: AbortSignal): Promise<string> {
    const { pageSize, callTimeoutMs } = this.#settings;
    const { path, keep, keepListed } = this.#collection;
    const keepOne = keepListed?.() ?? keep;
    /** @bound one for each object, see `mostObjects` | what is kept of an HPA, see `mostBytesOfNamespace`; one ConfigMap | as the HPAs | constants */
    const kept: Kept[] = [];
    let version = '';
    const options = { signal, timeoutMs: callTimeoutMs };
    for await (const page of listPages(this.#dependencies.client, this.#collection, pageSize, options)) {
      if (version === '') ({ version } = page);
      for (const item of page.items) {
        const one = keepOne(item);
        if (one !== undefined) kept.push(one);
      }
    }
    this.#handlers.replaced(kept);
    this.#synced();
    this.#dependencies.observer.listed({ path, objects: kept.length });
    return version;
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { client, random, monotonicMs } = this.#dependencies;
    const { silenceMs, watchSeconds, callTimeoutMs } = this.#settings;
    const { path, fieldSelector } = this.#collection;
    const query = {
      allowWatchBookmarks: 'true',
      resourceVersion: version,
      timeoutSeconds: String(Math.ceil(watchSeconds * (1 + random()))),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
    let openedMs = monotonicMs();
    await client.watch(path, query, {
      signal,
      silenceMs,
      timeoutMs: callTimeoutMs,
      opened: () => {
        openedMs = monotonicMs();
        this.#handlers.watching?.();
      },
      received: (event) => {
        this.#take(event);
        this.#failures = 0;
        this.#synced();
      },
    });
    if (monotonicMs() - openedMs >= shortestGoodWatchMs) this.#failures = 0;
    else this.#failures++;
    this.#synced();
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') throw statusError(`the watch of ${this.#collection.path}`, object);
    const version = versionOf(object);
    if (version === undefined) throw new KubeError('reply', 'an event of the watch has no resourceVersion');
    if (type === 'DELETED') this.#handlers.deleted(this.#collection.keep(object));
    else if (type !== 'BOOKMARK') this.#handlers.applied(this.#collection.keep(object));
    this.#version = version;
  }

  #synced(): void {
    this.lastSyncMs = this.#dependencies.clock.now();
    this.#syncedAtMs = this.#dependencies.monotonicMs();
  }
}

/** Whether the next watch may start where this one ended: the server did not refuse that, and no event was lost. */
function canResume(error: unknown): boolean {
  if (!(error instanceof KubeError) || error.kind === 'reply') return false;
  return error.kind !== 'status' || error.statusCode === 429;
}

function endReasonOf(error: unknown): WatchEndedEvent['reason'] {
  if (!(error instanceof KubeError)) return 'failed';
  if (error.statusCode === 410) return 'expired';
  return error.kind === 'timeout' ? 'silent' : 'failed';
}
