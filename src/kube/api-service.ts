import { pauseBoundMs, pauseUntil, type BackOffSettings } from '../runtime/back-off.ts';
import { mergedBundle } from './ca-bundle.ts';
import type { KubeClient } from './client/kube-client.ts';
import { KubeError, isRecord, messageOf } from './client/kube-error.ts';
import type { KubeSurroundings } from './client/list-watch.ts';
import type { SyncState } from './client/sync-state.ts';

/** The Service that stands before the adapter. */
export interface OwnService {
  readonly name: string;
  readonly namespace: string;
}

export interface ApiServiceSettings extends BackOffSettings {
  /** How often it looks whether somebody has set it back. */
  readonly recheckMs: number;
  /** Of one call. */
  readonly callTimeoutMs: number;
}

export const defaultApiServiceSettings: ApiServiceSettings = {
  firstPauseMs: 500,
  longestPauseMs: 30_000,
  recheckMs: 60_000,
  callTimeoutMs: 10_000,
};

export const apiServiceName = 'v1beta1.external.metrics.k8s.io';
export const apiServicePath = `/apis/apiregistration.k8s.io/v1/apiservices/${apiServiceName}`;
const [name, path] = [apiServiceName, apiServicePath];

/**
 * Keeps our certificate in `spec.caBundle` of the APIService, beside those of the other replicas, and
 * `insecureSkipTLSVerify` cleared. An APIService of another service is reported and left alone.
 * Rules: docs/decisions/serving-certificate.md.
 */
export class ApiServiceKeeper {
  readonly #client: KubeClient;
  readonly #own: OwnService;
  readonly #around: KubeSurroundings;
  readonly #settings: ApiServiceSettings;
  #caPem: string | undefined;
  #publishedCaPem: string | undefined;
  #problem: string | undefined = 'the APIService was not read yet';
  #lastSyncMs: number | undefined;
  #failures = 0;
  #told = new AbortController();

  constructor(
    client: KubeClient,
    own: OwnService,
    around: KubeSurroundings,
    settings: ApiServiceSettings = defaultApiServiceSettings,
  ) {
    this.#client = client;
    this.#own = own;
    this.#around = around;
    this.#settings = settings;
  }

  /** What the APIService must trust from now on: one or more certificates, PEM. */
  setCaPem(pem: string): void {
    this.#caPem = pem;
    this.#told.abort();
  }

  /** What was last read or written there: a new serving certificate may be used once this is its CA. */
  get publishedCaPem(): string | undefined {
    return this.#publishedCaPem;
  }

  /** Why the last look did not end with our certificate in the bundle; undefined: it did. */
  problem(): string | undefined {
    return this.#problem;
  }

  syncState(): SyncState {
    const synced = this.#problem === undefined;
    return { resource: 'apiservices', namespace: undefined, synced, lastSyncMs: this.#lastSyncMs };
  }

  /** Resolves once the signal is aborted and nothing runs any more; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#told = new AbortController();
      const pauseMs = await this.#look(signal);
      await pauseUntil(pauseMs, AbortSignal.any([signal, this.#told.signal]));
    }
  }

  /** Returns how long to wait for the next look. */
  async #look(signal: AbortSignal): Promise<number> {
    const caPem = this.#caPem;
    const { recheckMs } = this.#settings;
    if (caPem === undefined) return recheckMs;
    const { observer, random } = this.#around;
    try {
      this.#problem = await this.#publish(caPem, signal);
      if (this.#problem === undefined) this.#publishedCaPem = caPem;
      this.#lastSyncMs = this.#around.clock.now();
      this.#failures = 0;
      return recheckMs;
    } catch (error) {
      if (signal.aborted) return 0;
      this.#failures++;
      this.#problem = messageOf(error);
      const retryInMs = pauseBoundMs(this.#failures, this.#settings);
      // Another replica was first: nothing is wrong, look again.
      if (!(error instanceof KubeError && error.statusCode === 409))
        observer.apiServiceFailed({ name, message: this.#problem, retryInMs });
      return random() * retryInMs;
    }
  }

  /** Returns why it was left alone. */
  async #publish(caPem: string, signal: AbortSignal): Promise<string | undefined> {
    const { clock, observer } = this.#around;
    const call = { signal, timeoutMs: this.#settings.callTimeoutMs };
    const { metadata, spec } = fieldsOf(await this.#client.get(path, call));
    const owner = ownerOf(spec['service']);
    if (owner !== `${this.#own.namespace}/${this.#own.name}`) {
      observer.apiServiceForeign({ name, owner });
      return `APIService ${name} belongs to ${owner}`;
    }
    const bundle = spec['caBundle'];
    const present = typeof bundle === 'string' ? Buffer.from(bundle, 'base64').toString() : '';
    const merged = mergedBundle(present, caPem, clock.now());
    if (!merged.changed && spec['insecureSkipTLSVerify'] !== true) return undefined;
    const patch = {
      metadata: { resourceVersion: metadata['resourceVersion'] },
      spec: { caBundle: Buffer.from(merged.pem).toString('base64'), insecureSkipTLSVerify: null },
    };
    await this.#client.patch(path, patch, call);
    observer.apiServiceUpdated({ name, certificates: merged.certificates });
    return undefined;
  }
}

function fieldsOf(object: unknown): Record<'metadata' | 'spec', Readonly<Record<string, unknown>>> {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  const spec = isRecord(object) ? object['spec'] : undefined;
  // Without the version the patch would have no guard.
  if (!isRecord(metadata) || typeof metadata['resourceVersion'] !== 'string' || !isRecord(spec))
    throw new KubeError('reply', `APIService ${name} has no resourceVersion or no spec`);
  return { metadata, spec };
}

/** `{namespace}/{name}`; without a service kube-apiserver serves the group itself. */
function ownerOf(service: unknown): string {
  if (!isRecord(service)) return 'kube-apiserver itself';
  return `${String(service['namespace'])}/${String(service['name'])}`;
}
