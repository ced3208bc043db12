import { X509Certificate } from 'node:crypto';
import { CoreV1Api } from '@kubernetes/client-node';
import type { KubeClient } from './client/kube-client.ts';
import { messageOf } from './client/kube-error.ts';
import { isRecord, metadataOf, type KubeObject } from './client/kube-object.ts';
import type { KubeDependencies, SyncState } from './client/kube-observer.ts';
import { defaultListWatchSettings, ListWatch, type ListWatchSettings } from './client/list-watch.ts';
import { certificateBlocks } from './client/pem.ts';

/** The CAs that kube-apiserver trusts for the identity of a user. */
export interface AuthenticationConfig {
  /** CAs whose client certificates name users. */
  readonly clientCaPem?: string;
  /** The front proxy, which is kube-apiserver's aggregation layer. */
  readonly requestHeader?: RequestHeaderConfig;
}

export interface RequestHeaderConfig {
  readonly caPem: string;
  /** Common names. Empty: any name. */
  readonly allowedNames: readonly string[];
  /** Header names in lower case. The first one that is present counts. */
  readonly usernameHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
  readonly uidHeaders: readonly string[];
}

const namespace = 'kube-system';
const name = 'extension-apiserver-authentication';
const path = `/api/v1/namespaces/${namespace}/configmaps`;

/**
 * Keeps ConfigMap kube-system/extension-apiserver-authentication current.
 *
 * If it is malformed or deleted, the last good configuration stays in use. Before the first one, no CA is trusted.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/
 */
export class AuthenticationConfigWatch {
  readonly #dependencies: KubeDependencies;
  readonly #listWatch: ListWatch<KubeObject>;
  /** Set here only. The same object until the configuration changes; undefined before the first one is read. */
  current: AuthenticationConfig | undefined;
  #isRead = false;
  /** How many different configurations were read. */
  #generation = 0;

  constructor(
    client: KubeClient,
    dependencies: KubeDependencies,
    settings: ListWatchSettings = defaultListWatchSettings,
  ) {
    this.#dependencies = dependencies;
    const core = client.api(CoreV1Api);
    this.#listWatch = new ListWatch(
      client,
      {
        path,
        fieldSelector: `metadata.name=${name}`,
        list: (page, options) => core.listNamespacedConfigMap({ namespace, ...page }, options),
        keep: (configMap) => configMap,
      },
      {
        replaced: (all) => {
          const found = all.find((one) => metadataOf(one)['name'] === name);
          if (found === undefined) this.#absent();
          else this.#take(found);
        },
        applied: (configMap) => this.#take(configMap),
        deleted: () => this.#absent(),
      },
      settings,
      dependencies,
    );
  }

  /** Returns why our copy is not current. Undefined: it is. */
  problem(): string | undefined {
    return this.#listWatch.problem();
  }

  syncState(): SyncState {
    const { lastSyncMs } = this.#listWatch;
    return { resource: 'configmaps', namespace, synced: this.problem() === undefined, lastSyncMs };
  }

  /** Resolves when the signal is aborted and nothing runs any more. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#listWatch.run(signal);
  }

  #absent(): void {
    this.#dependencies.observer.objectAbsent({ path, name, hadValue: this.#isRead });
  }

  #take(configMap: KubeObject): void {
    const { observer } = this.#dependencies;
    this.#isRead = true;
    let config: AuthenticationConfig;
    try {
      config = parseAuthenticationConfig(configMap['data']);
    } catch (error) {
      observer.configMalformed({ message: messageOf(error) });
      return;
    }
    if (JSON.stringify(config) === JSON.stringify(this.current)) return;
    this.current = config;
    this.#generation++;
    observer.configLoaded({
      generation: this.#generation,
      clientCa: config.clientCaPem !== undefined,
      requestHeader: config.requestHeader !== undefined,
    });
  }
}

/**
 * Reads the ConfigMap's data. A missing key switches its part off. A key that is present must be valid, and an empty CA
 * is not valid.
 *
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
            usernameHeaders: headerNames(fields, 'requestheader-username-headers'),
            groupHeaders: headerNames(fields, 'requestheader-group-headers'),
            extraHeaderPrefixes: headerNames(fields, 'requestheader-extra-headers-prefix'),
            uidHeaders: headerNames(fields, 'requestheader-uid-headers'),
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

const headerNames = (fields: ConfigMapData, key: string): readonly string[] =>
  stringsOf(fields, key).map((name) => name.toLowerCase());

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
