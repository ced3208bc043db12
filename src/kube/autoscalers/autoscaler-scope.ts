import { AutoscalerChanges, type AutoscalerHandler } from './autoscaler-changes.ts';
import { autoscalerVersions, servedAutoscalerVersion, type AutoscalerVersion } from './autoscaler-version.ts';
import { autoscalerOf, type Autoscaler } from './autoscaler.ts';
import { pauseBoundMs, pauseUntil, type BackOffSettings } from '../../runtime/back-off.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { KubeError, messageOf } from '../client/kube-error.ts';
import type { AutoscalersOffEvent } from '../client/kube-observer.ts';
import { ListWatch, type KubeSurroundings, type ListWatchSettings } from '../client/list-watch.ts';
import type { SyncState } from '../client/sync-state.ts';

export interface AutoscalerWatchSettings extends ListWatchSettings {
  /** Pauses between looks whether it may be watched by now. */
  readonly recheck: BackOffSettings;
}

/**
 * Follows the HPAs of one namespace, or of all. While it may not, or the cluster serves no version that it reads, it
 * is off: it knows of no HPA, says so once, and looks again from time to time.
 */
export class AutoscalerScope {
  readonly #client: KubeClient;
  readonly #namespace: string | undefined;
  readonly #changes: AutoscalerChanges;
  readonly #around: KubeSurroundings;
  readonly #settings: AutoscalerWatchSettings;
  #state: 'starting' | 'on' | AutoscalersOffEvent['reason'] = 'starting';
  /** The last that was begun. */
  #watch: ListWatch<Autoscaler | undefined> | undefined;
  /** Of looks in a row that found it off. */
  #offs = 0;
  /** Of looks in a row that got no answer. */
  #failures = 0;

  /** @param namespace undefined: all */
  constructor(
    client: KubeClient,
    namespace: string | undefined,
    handler: AutoscalerHandler,
    around: KubeSurroundings,
    settings: AutoscalerWatchSettings,
  ) {
    this.#client = client;
    this.#namespace = namespace;
    this.#changes = new AutoscalerChanges(handler);
    this.#around = around;
    this.#settings = settings;
  }

  /** Whether all HPAs were told of and are followed. */
  get synced(): boolean {
    return this.#state === 'on';
  }

  syncState(): SyncState {
    return {
      resource: 'horizontalpodautoscalers',
      namespace: this.#namespace,
      synced: this.synced && this.#watch?.problem() === undefined,
      lastSyncMs: this.#watch?.lastSyncMs,
    };
  }

  /** Resolves once the signal is aborted and nothing runs any more; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await pauseUntil(await this.#look(signal), signal);
  }

  /** Follows them as long as that is possible. Returns how long to wait for the next look. */
  async #look(signal: AbortSignal): Promise<number> {
    try {
      const timeoutMs = this.#settings.callTimeoutMs;
      const version = await servedAutoscalerVersion(this.#client, { signal, timeoutMs });
      this.#failures = 0;
      if (version === undefined)
        return this.#switchOff('unserved', `autoscaling has neither of ${autoscalerVersions.join(' and ')}`);
      this.#watch = this.#listWatch(version);
      const refusal = await this.#watch.run(signal);
      if (refusal === undefined) return 0;
      if (refusal.statusCode === 403) return this.#switchOff('forbidden', refusal.message);
      if (this.#state !== 'on') return this.#switchOff('unserved', refusal.message);
      // An upgrade of the cluster may have taken this version away and brought the next one.
      this.#state = 'starting';
      return 0;
    } catch (error) {
      if (signal.aborted) return 0;
      const message = messageOf(error);
      if (error instanceof KubeError && error.statusCode === 403)
        return this.#switchOff('forbidden', message);
      this.#failures++;
      const retryInMs = pauseBoundMs(this.#failures, this.#settings);
      this.#around.observer.watchEnded({ path: '/apis/autoscaling', reason: 'failed', message, retryInMs });
      return this.#around.random() * retryInMs;
    }
  }

  #listWatch(version: AutoscalerVersion): ListWatch<Autoscaler | undefined> {
    const changes = this.#changes;
    const within = this.#namespace === undefined ? '' : `/namespaces/${encodeURIComponent(this.#namespace)}`;
    const path = `/apis/autoscaling/${version}${within}/horizontalpodautoscalers`;
    // Told once they can be followed: who may list but not watch would have them come and go with each look.
    let listed: readonly (Autoscaler | undefined)[] | undefined;
    return new ListWatch(
      this.#client,
      { path, keep: autoscalerOf },
      {
        replaced: (all) => {
          listed = all;
        },
        watching: () => {
          if (listed !== undefined) changes.replace(listed.filter((one) => one !== undefined));
          listed = undefined;
          this.#switchOn(version);
        },
        applied: (one) => {
          if (one !== undefined) changes.apply(one);
        },
        deleted: (one) => {
          if (one !== undefined) changes.remove(one);
        },
        endsRun: ({ statusCode }) => statusCode === 403 || statusCode === 404,
      },
      this.#settings,
      this.#around,
    );
  }

  #switchOn(version: AutoscalerVersion): void {
    if (this.#state === 'on') return;
    this.#state = 'on';
    this.#offs = 0;
    const { size } = this.#changes;
    this.#around.observer.autoscalersOn({ namespace: this.#namespace, version, withExternalMetrics: size });
  }

  /** Returns how long to wait for the next look. */
  #switchOff(reason: AutoscalersOffEvent['reason'], message: string): number {
    this.#offs++;
    const { observer, random } = this.#around;
    const retryInMs = pauseBoundMs(this.#offs, this.#settings.recheck);
    if (this.#state !== reason) {
      this.#state = reason;
      this.#changes.replace([]);
      observer.autoscalersOff({ namespace: this.#namespace, reason, message, retryInMs });
    }
    return retryInMs * (0.5 + random() / 2);
  }
}
