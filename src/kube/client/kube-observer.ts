import type { KubeClient } from './kube-client.ts';

/** What happens between us and the Kubernetes API server: one function per event. No field ever holds a token. */
export interface KubeObserver {
  /** A complete list was read. */
  listed(event: { readonly path: string; readonly objects: number }): void;
  watchEnded(event: WatchEndedEvent): void;
  /** The watched object does not exist, or was deleted. Its last value stays in use. */
  objectAbsent(event: { readonly path: string; readonly name: string; readonly hadValue: boolean }): void;
  /** The authentication configuration has changed. */
  configLoaded(event: {
    readonly generation: number;
    readonly clientCa: boolean;
    readonly requestHeader: boolean;
  }): void;
  /** The authentication configuration cannot be read. The last good one stays in use. */
  configMalformed(event: { readonly message: string }): void;
  /** A review failed, retries included. */
  reviewFailed(event: {
    readonly kind: 'TokenReview' | 'SubjectAccessReview' | 'SelfSubjectAccessReview';
    readonly message: string;
    readonly attempts: number;
  }): void;
  apiServiceUpdated(event: { readonly name: string; readonly certificates: number }): void;
  /** The APIService belongs to another service, such as KEDA's, and is left unchanged. */
  apiServiceForeign(event: { readonly name: string; readonly owner: string }): void;
  apiServiceFailed(event: {
    readonly name: string;
    readonly message: string;
    readonly retryInMs: number;
  }): void;
  /** HPAs are watched from now on, of one namespace or of all. `version` of API group autoscaling. */
  autoscalersOn(event: {
    readonly namespace: string | undefined;
    readonly version: string;
    readonly withExternalMetrics: number;
  }): void;
  /**
   * HPAs are not watched, and those known before are forgotten. Reported once, until they are watched again. `forbidden`:
   * RBAC does not allow it; `unserved`: the cluster serves HPAs in no version that we read.
   */
  autoscalersOff(event: {
    readonly namespace: string | undefined;
    readonly reason: 'forbidden' | 'unserved';
    readonly message: string;
    readonly retryInMs: number;
  }): void;
  /** Of an HPA that names too many external metrics, or in a namespace that does, only the first `metrics` are shown. */
  autoscalerCut(event: { readonly namespace: string; readonly name: string; readonly metrics: number }): void;
}

/** The end of a list or a watch. The next one follows after `retryInMs`. */
export interface WatchEndedEvent {
  readonly path: string;
  /** `closed`: the server ended it in order; `expired`: 410, a new list follows; `silent`: nothing came for too long. */
  readonly reason: 'closed' | 'expired' | 'silent' | 'failed';
  readonly message: string;
  readonly retryInMs: number;
}

/** What everything in this folder is given from outside. */
export interface KubeDependencies {
  readonly client: KubeClient;
  /** Wall time, Unix ms: only where a time of day or a date is meant. */
  readonly clock: { now(): number };
  /** For ages, pauses and limits: a clock that is set does not change them. */
  readonly monotonicMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observer: KubeObserver;
}

/** How current our copy of a resource is. */
export interface SyncState {
  /** The API's name: `configmaps`, `apiservices`, `horizontalpodautoscalers`. */
  readonly resource: string;
  /** Undefined: all namespaces, or a resource without namespaces. */
  readonly namespace: string | undefined;
  readonly synced: boolean;
  /** When the API server last confirmed it, Unix ms. Undefined: never. */
  readonly lastSyncMs: number | undefined;
}
