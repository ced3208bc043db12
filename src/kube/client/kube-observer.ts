/** Why a list or a watch ended; the next one follows after `retryInMs`. */
export interface WatchEndedEvent {
  /** Of the collection. */
  readonly path: string;
  /**
   * `closed`: by the server, in order; `expired`: 410, the next step is a new list; `silent`: no event for too long;
   * `failed`: anything else.
   */
  readonly reason: 'closed' | 'expired' | 'silent' | 'failed';
  readonly message: string;
  /** Upper bound of the pause. */
  readonly retryInMs: number;
}

/** HPAs are not watched (any more), and those known are forgotten; told once, until they are watched. */
export interface AutoscalersOffEvent {
  /** Undefined: all. */
  readonly namespace: string | undefined;
  /** `forbidden`: RBAC does not let us; `unserved`: the cluster has them in no version that we read. */
  readonly reason: 'forbidden' | 'unserved';
  readonly message: string;
  /** Upper bound of the pause until the next look. */
  readonly retryInMs: number;
}

/** What happens between us and the Kubernetes API server, one function an event. No field ever holds a token. */
export interface KubeObserver {
  /** A list was read in whole. */
  listed(event: { readonly path: string; readonly objects: number }): void;
  watchEnded(event: WatchEndedEvent): void;
  /** The one watched object does not exist (any more); its last value stands. */
  objectAbsent(event: { readonly path: string; readonly name: string; readonly hadValue: boolean }): void;
  /** The authentication configuration is another than before. */
  configLoaded(event: {
    readonly generation: number;
    readonly clientCa: boolean;
    readonly requestHeader: boolean;
  }): void;
  /** The authentication configuration cannot be understood; the last good one stands. */
  configMalformed(event: { readonly message: string }): void;
  /** A review got no answer, retries included. */
  reviewFailed(event: {
    readonly kind: 'TokenReview' | 'SubjectAccessReview' | 'SelfSubjectAccessReview';
    readonly message: string;
    readonly attempts: number;
  }): void;
  apiServiceUpdated(event: { readonly name: string; readonly certificates: number }): void;
  /** The APIService belongs to another service, such as KEDA's, and is left alone. */
  apiServiceForeign(event: { readonly name: string; readonly owner: string }): void;
  apiServiceFailed(event: {
    readonly name: string;
    readonly message: string;
    readonly retryInMs: number;
  }): void;
  /** HPAs are watched from now on. */
  autoscalersOn(event: {
    /** Undefined: all. */
    readonly namespace: string | undefined;
    /** Of group autoscaling. */
    readonly version: string;
    /** How many of them name external metrics. */
    readonly withExternalMetrics: number;
  }): void;
  autoscalersOff(event: AutoscalersOffEvent): void;
  /** An Event on an HPA could not be written; told once, until one is. */
  eventUnwritten(event: {
    readonly namespace: string;
    readonly name: string;
    readonly message: string;
  }): void;
}
