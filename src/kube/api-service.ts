import {
  ApiregistrationV1Api,
  PatchStrategy,
  setHeaderOptions,
  type ConfigurationOptions,
  type V1APIService,
} from '@kubernetes/client-node';
import { jitteredPauseMs, pauseUntil, type BackOffSettings } from '../runtime/back-off.ts';
import { mergedBundle } from './ca-bundle.ts';
import type { CallOptions, KubeClient } from './client/kube-client.ts';
import { KubeError, messageOf } from './client/kube-error.ts';
import { isRecord } from './client/kube-object.ts';
import type { KubeDependencies, SyncState } from './client/kube-observer.ts';

/** The Service in front of the adapter. */
export interface OwnService {
  readonly name: string;
  readonly namespace: string;
}

export interface ApiServiceSettings extends BackOffSettings {
  /** How often the APIService is read again, in case it was changed by others. */
  readonly recheckMs: number;
  /** The same while it belongs to another provider, so that a take-over leaves HPAs a few seconds without metrics. */
  readonly foreignRecheckMs: number;
  /** Time-out of one call. */
  readonly callTimeoutMs: number;
}

export const defaultApiServiceSettings: ApiServiceSettings = {
  firstPauseMs: 500,
  longestPauseMs: 30_000,
  recheckMs: 60_000,
  foreignRecheckMs: 5_000,
  callTimeoutMs: 10_000,
};

export const apiServiceName = 'v1beta1.external.metrics.k8s.io';
const name = apiServiceName;

/** Reads the APIService of external metrics. @throws KubeError; the signal's reason */
export function readApiService(client: KubeClient, options: CallOptions): Promise<V1APIService> {
  const api = client.api(ApiregistrationV1Api);
  return client.call((request) => api.readAPIService({ name }, request), options);
}

/**
 * Keeps our certificate in `spec.caBundle` of the APIService, beside those of the other replicas, and
 * `insecureSkipTLSVerify` cleared. The APIService of another service is reported and left unchanged.
 * Rules: docs/decisions/serving-certificate.md.
 */
export class ApiServiceKeeper {
  readonly #api: ApiregistrationV1Api;
  readonly #own: OwnService;
  readonly #dependencies: KubeDependencies;
  readonly #settings: ApiServiceSettings;
  #caPem: string | undefined;
  /** Set here only. What the APIService trusts for certain. A new serving certificate may be used once this is its CA. */
  publishedCaPem: string | undefined;
  #problem: string | undefined = 'the APIService was not read yet';
  #lastSyncMs: number | undefined;
  #failures = 0;
  /** Aborted when `setCaPem` ends the pause. */
  #pauseEnd = new AbortController();

  constructor(
    own: OwnService,
    dependencies: KubeDependencies,
    settings: ApiServiceSettings = defaultApiServiceSettings,
  ) {
    this.#api = dependencies.client.api(ApiregistrationV1Api);
    this.#own = own;
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  /** Sets the certificates that the APIService must trust from now on: one or more, PEM. */
  setCaPem(pem: string): void {
    this.#caPem = pem;
    this.#pauseEnd.abort();
  }

  /** Returns why our certificate was not in the bundle at the end of the last attempt. Undefined: it was. */
  problem(): string | undefined {
    return this.#problem;
  }

  syncState(): SyncState {
    const synced = this.#problem === undefined;
    return { resource: 'apiservices', namespace: undefined, synced, lastSyncMs: this.#lastSyncMs };
  }

  /** Resolves when the signal is aborted and nothing runs any more. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#pauseEnd = new AbortController();
      const pauseMs = await this.#attempt(signal);
      await pauseUntil(pauseMs, AbortSignal.any([signal, this.#pauseEnd.signal]));
    }
  }

  /** Returns the pause before the next attempt, ms. */
  async #attempt(signal: AbortSignal): Promise<number> {
    const caPem = this.#caPem;
    const { recheckMs, foreignRecheckMs } = this.#settings;
    if (caPem === undefined) return recheckMs;
    const { observer, random, clock } = this.#dependencies;
    try {
      this.#problem = await this.#publish(caPem, signal);
      this.#lastSyncMs = clock.now();
      this.#failures = 0;
      if (this.#problem !== undefined) return foreignRecheckMs;
      this.publishedCaPem = caPem;
      return recheckMs;
    } catch (error) {
      if (signal.aborted) return 0;
      this.#failures++;
      this.#problem = messageOf(error);
      const retryInMs = jitteredPauseMs(this.#failures, { ...this.#settings, random });
      // 409: another replica was first. That is no failure.
      if (!(error instanceof KubeError && error.statusCode === 409))
        observer.apiServiceFailed({ name, message: this.#problem, retryInMs });
      return retryInMs;
    }
  }

  /** Returns why the APIService was left unchanged. Undefined: it trusts the certificates now. */
  async #publish(caPem: string, signal: AbortSignal): Promise<string | undefined> {
    const { client, clock, observer } = this.#dependencies;
    const call = { signal, timeoutMs: this.#settings.callTimeoutMs };
    const { metadata, spec } = await readApiService(client, call);
    const resourceVersion: unknown = metadata?.resourceVersion;
    // Without a version, the patch would overwrite the changes of others.
    if (typeof resourceVersion !== 'string' || !isRecord(spec))
      throw new KubeError('reply', `APIService ${name} has no resourceVersion or no spec`);
    const { service } = spec;
    // Without a Service, kube-apiserver serves the group itself.
    const owner = service?.name ? `${service.namespace ?? ''}/${service.name}` : 'kube-apiserver itself';
    if (owner !== `${this.#own.namespace}/${this.#own.name}`) {
      observer.apiServiceForeign({ name, owner });
      return `APIService ${name} belongs to ${owner}`;
    }
    const present = Buffer.from(spec.caBundle ?? '', 'base64').toString();
    const merged = mergedBundle(present, caPem, clock.now());
    if (!merged.changed && spec.insecureSkipTLSVerify !== true) return undefined;
    const caBundle = Buffer.from(merged.pem).toString('base64');
    const body = { metadata: { resourceVersion }, spec: { caBundle, insecureSkipTLSVerify: null } };
    const patch = (request: ConfigurationOptions) =>
      this.#api.patchAPIService(
        { name, body },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch, request),
      );
    await client.call(patch, call);
    observer.apiServiceUpdated({ name, certificates: merged.certificates });
    return undefined;
  }
}
