import { afterEach, beforeEach } from 'vitest';
import type { AutoscalerName, ExternalMetricRef } from '../../src/metric/external-metric-ref.ts';
import {
  AutoscalerWatch,
  type AutoscalerWatchSettings,
} from '../../src/kube/autoscalers/autoscaler-watch.ts';
import { loadKubeClient, type KubeClient } from '../../src/kube/client/kube-client.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../support/scripted-apiserver.ts';
import { autoscaler, externalMetric } from '../support/scripted-autoscalers.ts';
import { waitFor } from '../support/wait-for.ts';
import { fastWatch, testDependencies, type TestDependencies } from './kube-harness.ts';

/** An API server and a watch of its HPAs, new for each test. */
class AutoscalerBench {
  declare server: ScriptedApiServer;
  declare client: KubeClient;
  dependencies: TestDependencies = testDependencies();
  stop = new AbortController();
  watch: AutoscalerWatch | undefined;
  running: Promise<void> | undefined;
  /** `{namespace}/{name}: {metric},…` of each call, oldest first. Without metrics if the HPA names none or is deleted. */
  reported: string[] = [];
  /** The HPAs after all calls. */
  readonly known = new Map<string, readonly ExternalMetricRef[]>();

  async setUp(): Promise<void> {
    this.server = await startScriptedApiServer();
    this.client = await loadKubeClient(await this.server.podEnvironment());
    this.dependencies = testDependencies();
    this.stop = new AbortController();
    this.reported = [];
    this.known.clear();
  }

  async tearDown(): Promise<void> {
    this.stop.abort();
    await this.running;
    this.running = undefined;
    this.client.close();
    await this.server[Symbol.asyncDispose]();
  }

  start(
    namespaces: readonly string[] = [],
    settings: Partial<AutoscalerWatchSettings> = {},
  ): AutoscalerWatch {
    const watch = new AutoscalerWatch(
      { namespaces },
      { changed: (hpa, metrics) => this.#changed(hpa, metrics) },
      { ...this.dependencies, client: this.client },
      { ...fastWatch, recheck: { firstPauseMs: 10, longestPauseMs: 20 }, ...settings },
    );
    this.watch = watch;
    this.running = watch.run(this.stop.signal);
    return watch;
  }

  /** Creates or replaces an HPA with exactly these metrics. */
  put(namespace: string, name: string, ...metrics: readonly string[]): void {
    const entries = metrics.map((metric) => externalMetric(metric));
    this.server.hpas.put(autoscaler(namespace, name, entries));
  }

  /** Resolves when an HPA that is put now is known, so that all earlier changes were reported. */
  async settled(namespace = 'shop'): Promise<void> {
    const name = `marker-${this.reported.length}`;
    this.put(namespace, name, 'marker');
    await waitFor(() => this.known.has(`${namespace}/${name}`));
  }

  /** Resolves when so many watches are open, on both sides. */
  watching(watches = 1): Promise<unknown> {
    return waitFor(
      () => this.server.hpas.openWatches === watches && this.watch !== undefined && isSynced(this.watch),
    );
  }

  /** Without the HPAs of `settled`. */
  get reports(): readonly string[] {
    return this.reported.filter((line) => !line.includes('marker'));
  }

  offs() {
    return this.dependencies.observer.of('autoscalersOff');
  }

  ons() {
    return this.dependencies.observer.of('autoscalersOn');
  }

  #changed({ namespace, name }: AutoscalerName, metrics: readonly ExternalMetricRef[]): void {
    const key = `${namespace}/${name}`;
    this.reported.push(`${key}: ${metrics.map((metric) => metric.name).join()}`);
    if (metrics.length === 0) this.known.delete(key);
    else this.known.set(key, metrics);
  }
}

/** Whether the handler knows every HPA, and hears of each change. */
export const isSynced = (watch: AutoscalerWatch): boolean => watch.syncStates().every(({ synced }) => synced);

export function useAutoscalers(): AutoscalerBench {
  const bench = new AutoscalerBench();
  beforeEach(() => bench.setUp());
  afterEach(() => bench.tearDown());
  return bench;
}
