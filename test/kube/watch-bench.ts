import { CoreV1Api } from '@kubernetes/client-node';
import { afterEach, beforeEach } from 'vitest';
import { loadKubeClient, type KubeClient } from '../../src/kube/client/kube-client.ts';
import type { KubeObject } from '../../src/kube/client/kube-object.ts';
import { ListWatch, type ListWatchSettings } from '../../src/kube/client/list-watch.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../support/scripted-apiserver.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  configMapsPath as path,
  fastWatch,
  testDependencies,
  type TestDependencies,
} from './kube-harness.ts';

export const name = 'extension-apiserver-authentication';

export const dataOf = (object: KubeObject | undefined) =>
  object?.['data'] as { readonly version?: string } | undefined;

/** A ListWatch of one ConfigMap, and the last version of it. */
class WatchedConfigMap {
  value: KubeObject | undefined;
  readonly #listWatch: ListWatch<KubeObject>;

  constructor(
    client: KubeClient,
    onValue: (value: KubeObject) => void,
    dependencies: TestDependencies,
    settings: ListWatchSettings,
  ) {
    const api = client.api(CoreV1Api);
    const applied = (value: KubeObject) => {
      this.value = value;
      onValue(value);
    };
    this.#listWatch = new ListWatch(
      {
        path,
        fieldSelector: `metadata.name=${name}`,
        list: (page, options) => api.listNamespacedConfigMap({ namespace: 'kube-system', ...page }, options),
        keep: (one) => one,
      },
      { replaced: (all) => all.forEach(applied), applied, deleted: () => undefined },
      settings,
      { ...dependencies, client },
    );
  }

  get lastSyncMs(): number | undefined {
    return this.#listWatch.lastSyncMs;
  }

  healthy(): boolean {
    return this.problem() === undefined;
  }

  problem(): string | undefined {
    return this.#listWatch.problem();
  }

  run(signal: AbortSignal): Promise<unknown> {
    return this.#listWatch.run(signal);
  }
}

/** An API server and a watch of one ConfigMap, new for each test. */
class WatchBench {
  declare server: ScriptedApiServer;
  declare client: KubeClient;
  dependencies: TestDependencies = testDependencies();
  stop = new AbortController();
  running: Promise<unknown> | undefined;
  /** The data of each version that was received. */
  values: unknown[] = [];

  async setUp(): Promise<void> {
    this.server = await startScriptedApiServer();
    this.client = await loadKubeClient(await this.server.podEnvironment());
    this.dependencies = testDependencies();
    this.stop = new AbortController();
    this.values = [];
  }

  async tearDown(): Promise<void> {
    this.stop.abort();
    await this.running;
    this.running = undefined;
    this.client.close();
    await this.server[Symbol.asyncDispose]();
  }

  start(settings: Partial<ListWatchSettings> = {}): WatchedConfigMap {
    const keep = (value: KubeObject) => this.values.push(dataOf(value));
    const all = { ...fastWatch, ...settings };
    const watch = new WatchedConfigMap(this.client, keep, this.dependencies, all);
    this.running = watch.run(this.stop.signal);
    return watch;
  }

  put(version: string): void {
    this.server.setAuthentication({ version });
  }

  watching(): Promise<unknown> {
    return waitFor(() => this.server.configMaps.openWatches === 1);
  }

  seen(watch: WatchedConfigMap, version: string): Promise<unknown> {
    return waitFor(() => dataOf(watch.value)?.version === version);
  }

  ends() {
    return this.dependencies.observer.of('watchEnded');
  }

  lastQuery(): URLSearchParams {
    return new URL(this.server.requests.at(-1)?.url ?? '', this.server.url).searchParams;
  }
}

export function useWatchedConfigMap(): WatchBench {
  const bench = new WatchBench();
  beforeEach(() => bench.setUp());
  afterEach(() => bench.tearDown());
  return bench;
}
