import { join } from 'node:path';
import { chartDirectory } from '../charts/support/helm.ts';
import type { ControlPlane } from './control-plane.ts';
import { deploymentName, guideOverrides, hpaName, volumeOf } from './guide.ts';
import { helm } from './helm.ts';
import type { TestRun } from './test-run.ts';

interface EventList {
  readonly items: readonly {
    readonly reason: string;
    readonly count?: number;
    readonly series?: { readonly count: number };
  }[];
}

const chart = chartDirectory('elastic-inference');
const release = 'bert-tfserving';

/** The guide's example in the cluster, installed with the chart `elastic-inference`. */
export class GuideWorkload {
  readonly #cluster: ControlPlane;
  readonly #run: TestRun;
  readonly #namespace: readonly string[];

  private constructor(cluster: ControlPlane, run: TestRun) {
    this.#cluster = cluster;
    this.#run = run;
    this.#namespace = ['-n', run.workloadNamespace];
  }

  /** @param log project and logstore that its HPA names */
  static async install(
    cluster: ControlPlane,
    run: TestRun,
    log: { readonly project: string; readonly logstore: string },
  ): Promise<GuideWorkload> {
    const values = ['--values', join(chart, 'values-guide.yaml'), '--values', '-'];
    const args = ['install', release, chart, ...values];
    await helm(cluster, run.workloadNamespace, args, guideOverrides(run, log));
    // Cluster-wide objects are found again by the label of the run.
    const labels = Object.entries(run.labels).map(([name, value]) => `${name}=${value}`);
    await cluster.kubectl(['label', 'persistentvolume', volumeOf(run.id), ...labels]);
    return new GuideWorkload(cluster, run);
  }

  /** @returns the names of objects that are left, empty if there are none */
  async uninstall(): Promise<string> {
    await helm(this.#cluster, this.#run.workloadNamespace, ['uninstall', release, '--wait']);
    const every =
      'deployments,services,configmaps,secrets,ingresses,horizontalpodautoscalers,poddisruptionbudgets,persistentvolumeclaims,persistentvolumes';
    const own = `app.kubernetes.io/instance=${release}`;
    return this.#cluster.kubectl(['get', every, ...this.#namespace, '-l', own, '-o', 'name']);
  }

  /** Reads the replicas of the Deployment's spec. Without a kubelet no pod ever runs. */
  async replicas(): Promise<number> {
    const found = await this.#cluster.get(['deployment', deploymentName, ...this.#namespace]);
    return (found as { spec: { replicas: number } }).spec.replicas;
  }

  /**
   * Waits until `kubectl get hpa` shows the targets at that many replicas.
   *
   * @param targets as in its column, e.g. `0/10 (avg)`
   * @returns every replica count that was seen on the way
   */
  async settles(targets: string, wanted: number): Promise<readonly number[]> {
    const seen = new Set<number>();
    await this.#cluster.eventually(`HPA at ${targets} with ${wanted} replicas`, 150, async () => {
      const now = await this.replicas();
      seen.add(now);
      const line = await this.#cluster.kubectl(['get', 'hpa', hpaName, ...this.#namespace, '--no-headers']);
      if (now !== wanted || !line.includes(` ${targets} `)) throw new Error(`${now} replicas; ${line}`);
      return line;
    });
    return [...seen];
  }

  /** Counts the events of reads that failed. */
  async failures(): Promise<number> {
    const { items } = (await this.#cluster.get(['events', ...this.#namespace])) as EventList;
    return items
      .filter(({ reason }) => reason === 'FailedGetExternalMetric')
      .reduce((sum, { count, series }) => sum + (series?.count ?? count ?? 1), 0);
  }

  /** Returns the text of `kubectl describe hpa`. */
  describe(): Promise<string> {
    return this.#cluster.kubectl(['describe', 'hpa', hpaName, ...this.#namespace]);
  }
}
