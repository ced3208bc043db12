import { jitteredPauseMs, pauseBoundMs, pauseUntil, type BackOffSettings } from '../../runtime/back-off.ts';
import { KubeError, messageOf } from '../client/kube-error.ts';
import type { KubeDependencies, KubeObserver, SyncState } from '../client/kube-observer.ts';
import { defaultListWatchSettings, ListWatch, type ListWatchSettings } from '../client/list-watch.ts';
import { AutoscalerChanges, listedAutoscalers, type AutoscalerHandler } from './autoscaler-changes.ts';
import {
  autoscalerCollection,
  servedAutoscalerVersion,
  unservedMessage,
  type AutoscalerVersion,
} from './autoscaler-collection.ts';
import { autoscalerOf, type Autoscaler } from './autoscaler.ts';

export interface AutoscalerWatchSettings extends ListWatchSettings {
  /** Pauses between attempts while HPAs may not be watched. */
  readonly recheck: BackOffSettings;
}

/** An attempt soon after the start, when RBAC may be about to be applied, and later one every 2.5 to 5 minutes. */
const defaultAutoscalerWatchSettings: AutoscalerWatchSettings = {
  ...defaultListWatchSettings,
  recheck: { firstPauseMs: 20_000, longestPauseMs: 300_000 },
};

/**
 * Reports which external metrics the HPAs of the cluster name. Optional: without the right to watch HPAs it is off, and it
 * comes on by itself when the right is granted (docs/decisions/autoscaler-watch.md).
 */
export class AutoscalerWatch {
  readonly #watches: readonly NamespaceWatch[];

  /** @param chosen the namespaces whose HPAs count, with a watch for each. Empty: all, with one watch */
  constructor(
    chosen: { readonly namespaces: readonly string[] },
    handler: AutoscalerHandler,
    dependencies: KubeDependencies,
    settings: AutoscalerWatchSettings = defaultAutoscalerWatchSettings,
  ) {
    const namespaces = chosen.namespaces.length === 0 ? [undefined] : [...new Set(chosen.namespaces)];
    this.#watches = namespaces.map(
      (namespace) => new NamespaceWatch(namespace, handler, dependencies, settings),
    );
  }

  /** Returns one state per watch. */
  syncStates(): SyncState[] {
    return this.#watches.map((watch) => watch.syncState());
  }

  /** Resolves when the signal is aborted and nothing runs any more. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.run(signal)));
  }
}

type OffReason = Parameters<KubeObserver['autoscalersOff']>[0]['reason'];

/** Watches the HPAs of one namespace, or of all. While that is not possible, it is off: it knows no HPA, and tries again. */
class NamespaceWatch {
  readonly #namespace: string | undefined;
  readonly #changes: AutoscalerChanges;
  readonly #dependencies: KubeDependencies;
  readonly #settings: AutoscalerWatchSettings;
  #state: 'starting' | 'on' | OffReason = 'starting';
  /** The one that was begun last. */
  #watch: ListWatch<Autoscaler | undefined> | undefined;
  /** Attempts in a row that found the watch off. */
  #offs = 0;
  /** Attempts in a row without an answer. */
  #failures = 0;

  constructor(
    namespace: string | undefined,
    handler: AutoscalerHandler,
    dependencies: KubeDependencies,
    settings: AutoscalerWatchSettings,
  ) {
    this.#namespace = namespace;
    this.#changes = new AutoscalerChanges(handler, dependencies.observer);
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  syncState(): SyncState {
    return {
      resource: 'horizontalpodautoscalers',
      namespace: this.#namespace,
      synced: this.#state === 'on' && this.#watch?.problem() === undefined,
      lastSyncMs: this.#watch?.lastSyncMs,
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await pauseUntil(await this.#attempt(signal), signal);
  }

  /** Watches as long as that is possible. Returns the pause before the next attempt, ms. */
  async #attempt(signal: AbortSignal): Promise<number> {
    try {
      const timeoutMs = this.#settings.callTimeoutMs;
      const version = await servedAutoscalerVersion(this.#dependencies.client, { signal, timeoutMs });
      this.#failures = 0;
      if (version === undefined) return this.#switchOff('unserved', unservedMessage);
      this.#watch = this.#listWatch(version);
      const refusal = await this.#watch.run(signal);
      if (refusal === undefined) return 0;
      if (refusal.statusCode === 403) return this.#switchOff('forbidden', refusal.message);
      if (this.#state !== 'on') return this.#switchOff('unserved', refusal.message);
      // An upgrade of the cluster may have removed this version and added the next one.
      this.#state = 'starting';
      return 0;
    } catch (error) {
      if (signal.aborted) return 0;
      const message = messageOf(error);
      if (error instanceof KubeError && error.statusCode === 403)
        return this.#switchOff('forbidden', message);
      this.#failures++;
      const { observer, random } = this.#dependencies;
      const retryInMs = jitteredPauseMs(this.#failures, { ...this.#settings, random });
      observer.watchEnded({ path: '/apis/autoscaling', reason: 'failed', message, retryInMs });
      return retryInMs;
    }
  }

  #listWatch(version: AutoscalerVersion): ListWatch<Autoscaler | undefined> {
    const changes = this.#changes;
    const collection = autoscalerCollection(this.#dependencies.client, version, this.#namespace);
    // Passed on only when the watch is accepted. With the right to list but not to watch, every HPA would otherwise come
    // and go with each attempt.
    let listed: readonly (Autoscaler | undefined)[] | undefined;
    return new ListWatch(
      { ...collection, keep: autoscalerOf, keepListed: listedAutoscalers },
      {
        replaced: (all) => void (listed = all),
        watching: () => {
          if (listed !== undefined) changes.replace(listed.filter((one) => one !== undefined));
          listed = undefined;
          this.#switchOn(version);
        },
        applied: (one) => one && changes.apply(one),
        deleted: (one) => one && changes.remove(one),
        endsRun: ({ statusCode }) => statusCode === 403 || statusCode === 404,
      },
      this.#settings,
      this.#dependencies,
    );
  }

  #switchOn(version: AutoscalerVersion): void {
    if (this.#state === 'on') return;
    this.#state = 'on';
    this.#offs = 0;
    const [namespace, { size }] = [this.#namespace, this.#changes];
    this.#dependencies.observer.autoscalersOn({ namespace, version, withExternalMetrics: size });
  }

  /** Returns the pause before the next attempt, ms: between half the bound and the bound. */
  #switchOff(reason: OffReason, message: string): number {
    this.#offs++;
    const { observer, random } = this.#dependencies;
    const retryInMs = Math.round((pauseBoundMs(this.#offs, this.#settings.recheck) * (1 + random())) / 2);
    if (this.#state !== reason) {
      this.#state = reason;
      this.#changes.replace([]);
      observer.autoscalersOff({ namespace: this.#namespace, reason, message, retryInMs });
    }
    return retryInMs;
  }
}
