import { X509Certificate } from 'node:crypto';
import type { KubeClient } from './client/kube-client.ts';
import { isRecord, messageOf } from './client/kube-error.ts';
import type { KubeObject } from './client/list-page.ts';
import type { KubeSurroundings, ListWatchSettings } from './client/list-watch.ts';
import { ObjectWatch } from './client/object-watch.ts';
import { certificateBlocks } from './client/pem.ts';
import type { SyncState } from './client/sync-state.ts';

/** Whom kube-apiserver trusts to say who a user is. */
export interface AuthenticationConfig {
  /** CAs whose client certificates name users. */
  readonly clientCaPem?: string;
  /** The front proxy, which is kube-apiserver's aggregation layer. */
  readonly requestHeader?: RequestHeaderConfig;
}

export interface RequestHeaderConfig {
  readonly caPem: string;
  /** Common names; none: any. */
  readonly allowedNames: readonly string[];
  /** Header names, as in the ConfigMap; the first that is there counts. */
  readonly usernameHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
  readonly uidHeaders: readonly string[];
}

const configMap = {
  path: '/api/v1/namespaces/kube-system/configmaps',
  name: 'extension-apiserver-authentication',
};

/**
 * Keeps ConfigMap kube-system/extension-apiserver-authentication current. A malformed one, or one that goes away,
 * leaves the last good configuration; without any, neither CA is trusted.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/
 */
export class AuthenticationConfigWatch {
  readonly #around: KubeSurroundings;
  readonly #onChange: (config: AuthenticationConfig) => void;
  readonly #watch: ObjectWatch;
  #current: AuthenticationConfig | undefined;
  #generation = 0;

  /** @param onChange called with each configuration that differs from the one before */
  constructor(
    client: KubeClient,
    around: KubeSurroundings,
    onChange: (config: AuthenticationConfig) => void = () => undefined,
    settings?: ListWatchSettings,
  ) {
    this.#around = around;
    this.#onChange = onChange;
    this.#watch = new ObjectWatch(client, configMap, (object) => this.#take(object), around, settings);
  }

  /** The same object for as long as nothing changes; undefined: none was ever read. */
  current(): AuthenticationConfig | undefined {
    return this.#current;
  }

  /** How many different configurations were read. */
  get generation(): number {
    return this.#generation;
  }

  /** When the server last confirmed it, ms. */
  get lastSyncMs(): number | undefined {
    return this.#watch.lastSyncMs;
  }

  healthy(): boolean {
    return this.#watch.healthy();
  }

  /** Why it is not healthy. */
  problem(): string | undefined {
    return this.#watch.problem();
  }

  syncState(): SyncState {
    const { lastSyncMs } = this.#watch;
    return { resource: 'configmaps', namespace: 'kube-system', synced: this.healthy(), lastSyncMs };
  }

  /** Resolves once the signal is aborted and nothing runs any more; never rejects. */
  run(signal: AbortSignal): Promise<void> {
    return this.#watch.run(signal);
  }

  #take(object: KubeObject): void {
    const { observer } = this.#around;
    let config: AuthenticationConfig;
    try {
      config = parseAuthenticationConfig(object['data']);
    } catch (error) {
      observer.configMalformed({ message: messageOf(error) });
      return;
    }
    if (JSON.stringify(config) === JSON.stringify(this.#current)) return;
    this.#current = config;
    this.#generation++;
    observer.configLoaded({
      generation: this.#generation,
      clientCa: config.clientCaPem !== undefined,
      requestHeader: config.requestHeader !== undefined,
    });
    this.#onChange(config);
  }
}

/**
 * A key that is missing switches its part off; a key that is there must be good, and an empty CA is not.
 *
 * @param data of the ConfigMap
 * @throws Error naming the key that is malformed
 */
export function parseAuthenticationConfig(data: unknown): AuthenticationConfig {
  const fields = data ?? {};
  if (!isTexts(fields)) throw new Error('its data is not a map of texts');
  const clientCaPem = bundleOf(fields, 'client-ca-file');
  const caPem = bundleOf(fields, 'requestheader-client-ca-file');
  return {
    ...(clientCaPem === undefined ? {} : { clientCaPem }),
    ...(caPem === undefined
      ? {}
      : {
          requestHeader: {
            caPem,
            allowedNames: stringsOf(fields, 'requestheader-allowed-names'),
            usernameHeaders: stringsOf(fields, 'requestheader-username-headers'),
            groupHeaders: stringsOf(fields, 'requestheader-group-headers'),
            extraHeaderPrefixes: stringsOf(fields, 'requestheader-extra-headers-prefix'),
            uidHeaders: stringsOf(fields, 'requestheader-uid-headers'),
          },
        }),
  };
}

type ConfigMapData = Readonly<Record<string, string>>;

const isTexts = (value: unknown): value is ConfigMapData =>
  isRecord(value) && Object.values(value).every((one) => typeof one === 'string');

function bundleOf(fields: ConfigMapData, key: string): string | undefined {
  const text = fields[key];
  if (text === undefined) return undefined;
  const certificates = certificateBlocks(text);
  if (certificates.length === 0) throw new Error(`${key} holds no PEM certificate`);
  for (const [index, pem] of certificates.entries()) {
    try {
      new X509Certificate(pem);
    } catch (cause) {
      throw new Error(`certificate ${index + 1} of ${key} cannot be read`, { cause });
    }
  }
  return `${certificates.join('\n')}\n`;
}

function stringsOf(fields: ConfigMapData, key: string): readonly string[] {
  const text = fields[key];
  if (text === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${key} is not JSON`, { cause });
  }
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    throw new Error(`${key} is not a list of strings`);
  return value;
}
