import type { AdapterError } from '../../errors.ts';
import type { AutoscalerHandler } from './autoscaler-changes.ts';
import type { ExternalMetricRef } from '../../metric/external-metric-ref.ts';
import type { AutoscalerName } from './autoscaler.ts';
import { EventPace, type ToldFailure } from './event-pace.ts';
import { eventOf, microTime } from './event-object.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { isRecord, KubeError, messageOf } from '../client/kube-error.ts';
import type { KubeObserver } from '../client/kube-observer.ts';
import { metadataOf } from '../client/list-page.ts';

/** A read that failed, as it was asked for. */
export interface FailedRead {
  readonly namespace: string;
  readonly metric: string;
  readonly requirements: readonly unknown[];
  readonly error: AdapterError;
}

/** Nobody waits for an Event. */
const writeTimeoutMs = 5000;

/**
 * Writes a Kubernetes Event on each HPA whose metric is refused or failing, as often as `EventPace` lets it. Nothing
 * waits for it, and what cannot be written is told of once.
 */
export class AutoscalerEvents {
  readonly #clock: { now(): number };
  readonly #reporter: { readonly instance: string };
  readonly #pace: EventPace;
  /** By `{namespace}/{name}`. */
  readonly #byHpa = new Map<string, { readonly id: AutoscalerName; readonly reads: readonly string[] }>();
  /** Those that name a metric, by what they read. */
  readonly #byRead = new Map<string, Set<string>>();
  #writer:
    | { readonly client: KubeClient; readonly observer: KubeObserver; readonly signal: AbortSignal }
    | undefined;
  #unwritten = false;

  /** @param reporter which replica writes */
  constructor(clock: { now(): number }, reporter: { readonly instance: string }) {
    this.#clock = clock;
    this.#reporter = reporter;
    this.#pace = new EventPace(clock);
  }

  /** Until then nothing is written. */
  start(client: KubeClient, observer: KubeObserver, signal: AbortSignal): void {
    this.#writer = { client, observer, signal };
  }

  /** Told of the HPAs before `handler`, which may refuse a metric of theirs at once. */
  toldBefore(handler: AutoscalerHandler): AutoscalerHandler {
    return {
      changed: (hpa, metrics) => {
        this.#changed(hpa, metrics);
        handler.changed(hpa, metrics);
      },
    };
  }

  /** On each HPA that reads exactly that. */
  readFailed({ namespace, metric, requirements, error }: FailedRead): void {
    for (const key of this.#byRead.get(readKey(namespace, metric, requirements)) ?? [])
      this.#tell(key, metric, error);
  }

  refused({ namespace, name, metric, error }: AutoscalerName & Pick<FailedRead, 'metric' | 'error'>): void {
    this.#tell(`${namespace}/${name}`, metric, error);
  }

  #changed(id: AutoscalerName, metrics: readonly ExternalMetricRef[]): void {
    const key = `${id.namespace}/${id.name}`;
    for (const read of this.#byHpa.get(key)?.reads ?? []) {
      const others = this.#byRead.get(read);
      others?.delete(key);
      if (others?.size === 0) this.#byRead.delete(read);
    }
    this.#byHpa.delete(key);
    if (metrics.length === 0) return;
    const reads = metrics.flatMap((one) =>
      'refusal' in one ? [] : [readKey(id.namespace, one.name, one.requirements)],
    );
    for (const read of reads) this.#byRead.set(read, (this.#byRead.get(read) ?? new Set<string>()).add(key));
    this.#byHpa.set(key, { id, reads });
  }

  #tell(key: string, metric: string, error: AdapterError): void {
    const id = this.#byHpa.get(key)?.id;
    if (id === undefined || this.#writer === undefined) return;
    const failure = this.#pace.next(`${key}/${id.uid ?? ''}/${error.code}`);
    if (failure !== undefined)
      failure.written = failure.written.then(() => this.#write(id, metric, error, failure));
  }

  /** Never rejects. */
  async #write(id: AutoscalerName, metric: string, error: AdapterError, failure: ToldFailure): Promise<void> {
    if (this.#writer === undefined) return;
    const { client, observer, signal } = this.#writer;
    const options = { signal, timeoutMs: writeTimeoutMs };
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(id.namespace)}/events`;
    const now = microTime(this.#clock.now());
    try {
      if (failure.eventName === undefined) {
        const event = eventOf(id, metric, error, { now, reportingInstance: this.#reporter.instance });
        const { name } = metadataOf(asObject(await client.create(path, event, options)));
        failure.eventName = typeof name === 'string' ? name : undefined;
      } else {
        const series = { count: failure.count, lastObservedTime: now };
        await client.patch(`${path}/${encodeURIComponent(failure.eventName)}`, { series }, options);
      }
      this.#unwritten = false;
    } catch (thrown) {
      // It has expired, or somebody has deleted it: the next is a new one.
      if (thrown instanceof KubeError && thrown.statusCode === 404) failure.eventName = undefined;
      if (signal.aborted || this.#unwritten) return;
      this.#unwritten = true;
      observer.eventUnwritten({ ...id, message: messageOf(thrown) });
    }
  }
}

const asObject = (reply: unknown) => (isRecord(reply) ? reply : {});

/** In one order: that of the selector makes no difference. */
const readKey = (namespace: string, metric: string, requirements: readonly unknown[]): string =>
  [namespace, metric, ...requirements.map((one) => JSON.stringify(one)).sort()].join('\n');
