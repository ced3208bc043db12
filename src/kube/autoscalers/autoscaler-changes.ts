import type { AutoscalerName, ExternalMetricRef } from '../../metric/external-metric-ref.ts';
import type { KubeObserver } from '../client/kube-observer.ts';
import type { Autoscaler } from './autoscaler.ts';

export interface AutoscalerHandler {
  /** The external metrics of an HPA have changed. Empty: it names none any more, or was deleted. Must not throw. */
  changed(hpa: AutoscalerName, metrics: readonly ExternalMetricRef[]): void;
}

/** More metrics of the HPAs of one namespace are not shown. */
const mostOfNamespace = 20_000;

/**
 * Reports changes of the external metrics that HPAs name, by their fingerprint: each status update has a new
 * resourceVersion, and not every API server counts `metadata.generation` of an HPA.
 */
export class AutoscalerChanges {
  readonly #handler: AutoscalerHandler;
  readonly #observer: Pick<KubeObserver, 'autoscalerCut'>;
  /**
   * By `{namespace}/{name}`, without HPAs that name no external metric.
   *
   * @bound one for each HPA of the cluster that names an external metric | a hash each | {mostOfNamespace} metrics of a namespace | a constant
   */
  readonly #reported = new Map<string, { readonly fingerprint: string; readonly metrics: number }>();
  /** Namespace → metrics of its HPAs. @bound the namespaces with such HPAs | - | one | - */
  readonly #ofNamespace = new Map<string, number>();

  constructor(handler: AutoscalerHandler, observer: Pick<KubeObserver, 'autoscalerCut'>) {
    this.#handler = handler;
    this.#observer = observer;
  }

  /** How many HPAs name external metrics. */
  get size(): number {
    return this.#reported.size;
  }

  apply({ namespace, name, metrics, fingerprint, isCut }: Autoscaler): void {
    const key = `${namespace}/${name}`;
    const known = this.#reported.get(key) ?? { fingerprint: '', metrics: 0 };
    if (fingerprint === known.fingerprint) return;
    const ofOthers = (this.#ofNamespace.get(namespace) ?? 0) - known.metrics;
    const kept = metrics.slice(0, Math.max(0, mostOfNamespace - ofOthers));
    if (fingerprint === '') this.#reported.delete(key);
    else this.#reported.set(key, { fingerprint, metrics: kept.length });
    const count = ofOthers + kept.length;
    if (count === 0) this.#ofNamespace.delete(namespace);
    else this.#ofNamespace.set(namespace, count);
    if (isCut || kept.length < metrics.length)
      this.#observer.autoscalerCut({ namespace, name, metrics: kept.length });
    this.#handler.changed({ namespace, name }, kept);
  }

  remove({ namespace, name }: AutoscalerName): void {
    this.apply({ namespace, name, metrics: [], fingerprint: '', isCut: false });
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
