import type { AutoscalerName, ExternalMetricRef } from '../../metric/external-metric-ref.ts';
import type { KubeObserver } from '../client/kube-observer.ts';
import type { Autoscaler } from './autoscaler.ts';

export interface AutoscalerHandler {
  /** The external metrics of an HPA have changed. Empty: it names none any more, or was deleted. Must not throw. */
  changed(hpa: AutoscalerName, metrics: readonly ExternalMetricRef[]): void;
}

/** More metrics of the HPAs of one namespace are not shown, nor longer ones. */
const mostOfNamespace = 20_000;
const mostBytesOfNamespace = 4 * 1024 * 1024;

interface Size {
  readonly metrics: number;
  readonly bytes: number;
}
const nothing: Size = { metrics: 0, bytes: 0 };

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
   * @bound one for each HPA of the cluster that names an external metric | a hash each | {mostOfNamespace} metrics of a namespace, {mostBytesOfNamespace} | a constant
   */
  readonly #reported = new Map<string, Size & { readonly fingerprint: string }>();
  /** Namespace → metrics of its HPAs. @bound the namespaces with such HPAs | - | one | - */
  readonly #ofNamespace = new Map<string, Size>();

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
    const known = this.#reported.get(key) ?? { fingerprint: '', ...nothing };
    if (fingerprint === known.fingerprint) return;
    const all = this.#ofNamespace.get(namespace) ?? nothing;
    const others = { metrics: all.metrics - known.metrics, bytes: all.bytes - known.bytes };
    const room = others.bytes + bytes > mostBytesOfNamespace ? 0 : mostOfNamespace - others.metrics;
    const kept = metrics.slice(0, Math.max(0, room));
    const size = { metrics: kept.length, bytes: kept.length === 0 ? 0 : bytes };
    if (fingerprint === '') this.#reported.delete(key);
    else this.#reported.set(key, { fingerprint, ...size });
    const sum = { metrics: others.metrics + size.metrics, bytes: others.bytes + size.bytes };
    if (sum.metrics === 0) this.#ofNamespace.delete(namespace);
    else this.#ofNamespace.set(namespace, sum);
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
