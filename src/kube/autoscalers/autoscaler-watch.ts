import type { AutoscalerHandler } from './autoscaler-changes.ts';
import { AutoscalerScope, type AutoscalerWatchSettings } from './autoscaler-scope.ts';
import type { KubeClient } from '../client/kube-client.ts';
import type { KubeSurroundings, SyncState } from '../client/kube-observer.ts';
import { defaultListWatchSettings } from '../client/list-watch.ts';

/** Soon after a start, when the RBAC may be on its way, and every 2.5 to 5 minutes later on. */
export const defaultAutoscalerWatchSettings: AutoscalerWatchSettings = {
  ...defaultListWatchSettings,
  recheck: { firstPauseMs: 20_000, longestPauseMs: 300_000 },
};

/**
 * Tells which external metrics the HPAs of the cluster name. Optional: without the right to watch them it is off, and
 * comes on by itself when that is granted (docs/decisions/autoscaler-watch.md).
 */
export class AutoscalerWatch {
  readonly #scopes: readonly AutoscalerScope[];

  /** @param chosen the namespaces whose HPAs count, each with a watch of its own; none: all, with one watch */
  constructor(
    client: KubeClient,
    chosen: { readonly namespaces: readonly string[] },
    handler: AutoscalerHandler,
    around: KubeSurroundings,
    settings: AutoscalerWatchSettings = defaultAutoscalerWatchSettings,
  ) {
    const namespaces = chosen.namespaces.length === 0 ? [undefined] : [...new Set(chosen.namespaces)];
    this.#scopes = namespaces.map(
      (namespace) => new AutoscalerScope(client, namespace, handler, around, settings),
    );
  }

  /** Whether the handler was told of every HPA there is, and is told of each change. */
  get synced(): boolean {
    return this.#scopes.every(({ synced }) => synced);
  }

  /** Of each namespace that has a watch of its own. */
  syncStates(): SyncState[] {
    return this.#scopes.map((scope) => scope.syncState());
  }

  /** Resolves once the signal is aborted and nothing runs any more; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#scopes.map((scope) => scope.run(signal)));
  }
}
