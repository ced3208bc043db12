import type { AutoscalerName, ExternalMetricRef } from '../../metric/external-metric-ref.ts';
import { Shares } from '../../runtime/shares.ts';
import type { KubeObject } from '../client/kube-object.ts';
import type { KubeObserver } from '../client/kube-observer.ts';
import { autoscalerOf, type Autoscaler } from './autoscaler.ts';

export interface AutoscalerHandler {
  /** The external metrics of an HPA have changed. Empty: it names none any more, or was deleted. Must not throw. */
  changed(hpa: AutoscalerName, metrics: readonly ExternalMetricRef[]): void;
}

/** Of metrics of the HPAs of one namespace; 20,000 of usual ones. Further HPAs are not shown. All namespaces get 2.5 times as much. */
const mostBytesOfNamespace = 8 * 1024 * 1024;

/**
 * Returns what keeps the HPAs of one list that name external metrics. A list is held until it is complete, so what would not
 * be shown is dropped at once.
 */
export function listedAutoscalers(): (object: KubeObject) => Autoscaler | undefined {
  const shares = new Shares(mostBytesOfNamespace);
  return (object) => {
    const one = autoscalerOf(object);
    if (one === undefined || one.fingerprint === '') return undefined;
    return shares.take(one.namespace, one.bytes) ? one : { ...one, metrics: [], bytes: 0, isCut: true };
  };
}

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
   * @bound one for each HPA of the cluster that names an external metric | a hash each, and 2.5 × {mostBytesOfNamespace} of metrics | {mostBytesOfNamespace} of a namespace | a constant
   */
  readonly #reported = new Map<string, Pick<Autoscaler, 'fingerprint' | 'bytes'>>();
  readonly #shares = new Shares(mostBytesOfNamespace);

  constructor(handler: AutoscalerHandler, observer: Pick<KubeObserver, 'autoscalerCut'>) {
    this.#handler = handler;
    this.#observer = observer;
  }

  /** How many HPAs name external metrics. */
  get size(): number {
    return this.#reported.size;
  }

  apply({ namespace, name, metrics, fingerprint, bytes, isCut }: Autoscaler): void {
    const key = `${namespace}/${name}`;
    const known = this.#reported.get(key) ?? { fingerprint: '', bytes: 0 };
    if (fingerprint === known.fingerprint) return;
    this.#shares.give(namespace, known.bytes);
    const fits = bytes > 0 && this.#shares.take(namespace, bytes);
    const kept = fits ? metrics : [];
    if (fingerprint === '') this.#reported.delete(key);
    else this.#reported.set(key, { fingerprint, bytes: fits ? bytes : 0 });
    if (isCut || kept.length < metrics.length)
      this.#observer.autoscalerCut({ namespace, name, metrics: kept.length });
    this.#handler.changed({ namespace, name }, kept);
  }

  remove({ namespace, name }: AutoscalerName): void {
    this.apply({ namespace, name, metrics: [], fingerprint: '', bytes: 0, isCut: false });
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
