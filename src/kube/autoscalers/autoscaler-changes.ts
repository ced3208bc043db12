import type { AutoscalerName, ExternalMetricRef } from '../../metric/external-metric-ref.ts';
import type { Autoscaler } from './autoscaler.ts';

export interface AutoscalerHandler {
  /**
   * Called when the external metrics of an HPA have changed. Empty: it names none any more, or was deleted. Must not
   * throw.
   */
  changed(hpa: AutoscalerName, metrics: readonly ExternalMetricRef[]): void;
}

/**
 * Reports changes of the external metrics that HPAs name. The resourceVersion does not show them: each status update has a
 * new one, and not every API server counts `metadata.generation` of an HPA. So the fingerprint of the metrics that were
 * reported last is kept and compared.
 */
export class AutoscalerChanges {
  readonly #handler: AutoscalerHandler;
  /**
   * Fingerprints by `{namespace}/{name}`, without HPAs that name no external metric.
   *
   * @bound one for each HPA of the cluster that names an external metric | as long as the names and selectors of the HPA | none yet | -
   */
  readonly #reported = new Map<string, string>();

  constructor(handler: AutoscalerHandler) {
    this.#handler = handler;
  }

  /** How many HPAs name external metrics. */
  get size(): number {
    return this.#reported.size;
  }

  /** The HPA was added or modified. */
  apply({ namespace, name, metrics, fingerprint }: Autoscaler): void {
    const key = `${namespace}/${name}`;
    if (fingerprint === (this.#reported.get(key) ?? '')) return;
    if (fingerprint === '') this.#reported.delete(key);
    else this.#reported.set(key, fingerprint);
    this.#handler.changed({ namespace, name }, metrics);
  }

  /** The HPA was deleted. */
  remove({ namespace, name }: AutoscalerName): void {
    this.apply({ namespace, name, metrics: [], fingerprint: '' });
  }

  /** The HPAs are these and no others. */
  replace(all: readonly Autoscaler[]): void {
    const names = new Set(all.map(({ namespace, name }) => `${namespace}/${name}`));
    for (const key of [...this.#reported.keys()].filter((reported) => !names.has(reported))) {
      const slash = key.indexOf('/');
      this.remove({ namespace: key.slice(0, slash), name: key.slice(slash + 1) });
    }
    for (const one of all) this.apply(one);
  }
}
