import type { AutoscalerName, ExternalMetricRef } from '../../metric/external-metric-ref.ts';
import type { Autoscaler } from './autoscaler.ts';

export interface AutoscalerHandler {
  /**
   * The external metrics of an HPA are others than was told last; none: it names no more, or is gone. Must not throw.
   */
  changed(hpa: AutoscalerName, metrics: readonly ExternalMetricRef[]): void;
}

/**
 * Tells what changes in the external metrics that HPAs name. Versions tell nothing: each status update has a new
 * one, and not every API server counts `metadata.generation` of an HPA. So what was told last is compared, by its
 * fingerprint, which is all that is kept of it.
 */
export class AutoscalerChanges {
  readonly #handler: AutoscalerHandler;
  /** Fingerprints by `{namespace}/{name}`; HPAs without external metrics are not in it. */
  readonly #told = new Map<string, string>();

  constructor(handler: AutoscalerHandler) {
    this.#handler = handler;
  }

  /** HPAs that name external metrics. */
  get size(): number {
    return this.#told.size;
  }

  /** It is as given now. */
  apply({ namespace, name, metrics, fingerprint }: Autoscaler): void {
    const key = `${namespace}/${name}`;
    if (fingerprint === (this.#told.get(key) ?? '')) return;
    if (fingerprint === '') this.#told.delete(key);
    else this.#told.set(key, fingerprint);
    this.#handler.changed({ namespace, name }, metrics);
  }

  /** It is gone. */
  remove({ namespace, name }: AutoscalerName): void {
    this.apply({ namespace, name, metrics: [], fingerprint: '' });
  }

  /** These are all there are. */
  replace(all: readonly Autoscaler[]): void {
    const names = new Set(all.map(({ namespace, name }) => `${namespace}/${name}`));
    for (const key of [...this.#told.keys()].filter((told) => !names.has(told))) {
      const slash = key.indexOf('/');
      this.remove({ namespace: key.slice(0, slash), name: key.slice(slash + 1) });
    }
    for (const one of all) this.apply(one);
  }
}
