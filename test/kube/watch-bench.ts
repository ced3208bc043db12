import { afterEach, beforeEach } from 'vitest';
import { loadKubeClient, type KubeClient } from '../../src/kube/client/kube-client.ts';
import type { KubeObject } from '../../src/kube/client/list-page.ts';
import type { ListWatchSettings } from '../../src/kube/client/list-watch.ts';
import { ObjectWatch } from '../../src/kube/client/object-watch.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../support/scripted-apiserver.ts';
import { waitFor } from '../support/wait-for.ts';
import { fastWatch, surroundings, type TestSurroundings } from './kube-harness.ts';

export const path = '/api/v1/namespaces/kube-system/configmaps';
export const name = 'extension-apiserver-authentication';

export const dataOf = (object: KubeObject | undefined) =>
  object?.['data'] as { readonly version?: string } | undefined;

/** An API server, and a watch of one ConfigMap in it, anew for each test. */
class ObjectWatchBench {
  declare server: ScriptedApiServer;
  declare client: KubeClient;
  around: TestSurroundings = surroundings();
  stop = new AbortController();
  running: Promise<unknown> | undefined;
  /** Data of every version that the watch told of. */
  values: unknown[] = [];

  async setUp(): Promise<void> {
    this.server = await startScriptedApiServer();
    this.client = await loadKubeClient(await this.server.podSurroundings());
    this.around = surroundings();
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

  start(settings: Partial<ListWatchSettings> = {}): ObjectWatch {
    const keep = (value: KubeObject) => this.values.push(dataOf(value));
    const object = { path, name };
    const watch = new ObjectWatch(this.client, object, keep, this.around, { ...fastWatch, ...settings });
    this.running = watch.run(this.stop.signal);
    return watch;
  }

  put(version: string): void {
    this.server.setAuthentication({ version });
  }

  watching(): Promise<unknown> {
    return waitFor(() => this.server.configMaps.openWatches === 1);
  }

  seen(watch: ObjectWatch, version: string): Promise<unknown> {
    return waitFor(() => dataOf(watch.value)?.version === version);
  }

  ends() {
    return this.around.observer.of('watchEnded');
  }

  lastQuery(): URLSearchParams {
    return new URL(this.server.requests.at(-1)?.url ?? '', this.server.url).searchParams;
  }
}

export function useObjectWatch(): ObjectWatchBench {
  const bench = new ObjectWatchBench();
  beforeEach(() => bench.setUp());
  afterEach(() => bench.tearDown());
  return bench;
}
