import { X509Certificate } from 'node:crypto';
import { CoreV1Api } from '@kubernetes/client-node';
import { messageOf } from './client/kube-error.ts';
import { isRecord, jsonOf, metadataOf, type KubeObject } from './client/kube-object.ts';
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

  constructor(dependencies: KubeDependencies, settings: ListWatchSettings = defaultListWatchSettings) {
    this.#dependencies = dependencies;
    const core = dependencies.client.api(CoreV1Api);
    this.#listWatch = new ListWatch(
      {
        path,
        fieldSelector: `metadata.name=${name}`,
        list: (page, options) => core.listNamespacedConfigMap({ namespace, ...page }, options),
        keep: (configMap) => configMap,
      },
      {
        replaced: (all) => this.#take(all.find((one) => metadataOf(one)['name'] === name)),
        applied: (configMap) => this.#take(configMap),
        deleted: () => this.#take(undefined),
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

  /** @param configMap undefined: it does not exist */
  #take(configMap: KubeObject | undefined): void {
    const { observer } = this.#dependencies;
    if (configMap === undefined) {
      observer.objectAbsent({ path, name, hadValue: this.#isRead });
      return;
    }
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
  if (!isRecord(fields) || !Object.values(fields).every((one) => typeof one === 'string'))
    throw new Error('its data is not a map of texts');
  const texts = fields as Readonly<Record<string, string>>;
  const clientCaPem = bundleOf(texts, 'client-ca-file');
  const caPem = bundleOf(texts, 'requestheader-client-ca-file');
  const list = (key: string) => stringsOf(texts, `requestheader-${key}`);
  const headers = (key: string) => list(key).map((name) => name.toLowerCase());
  const requestHeader = caPem && {
    caPem,
    allowedNames: list('allowed-names'),
    usernameHeaders: headers('username-headers'),
    groupHeaders: headers('group-headers'),
    extraHeaderPrefixes: headers('extra-headers-prefix'),
    uidHeaders: headers('uid-headers'),
  };
  return { ...(clientCaPem && { clientCaPem }), ...(requestHeader && { requestHeader }) };
}

function bundleOf(texts: Readonly<Record<string, string>>, key: string): string | undefined {
  const text = texts[key];
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

function stringsOf(texts: Readonly<Record<string, string>>, key: string): readonly string[] {
  const value = jsonOf(texts[key] ?? '[]');
  if (value === undefined) throw new Error(`${key} is not JSON`);
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    throw new Error(`${key} is not a list of strings`);
  return value;
}
