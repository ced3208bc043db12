import type { ControlPlane } from './control-plane.ts';
import { deploymentName, guideDeployment, guideHpa, hpaName } from './guide.ts';
import type { TestRun } from './test-run.ts';

interface EventList {
  readonly items: readonly {
    readonly reason: string;
    readonly count?: number;
    readonly series?: { readonly count: number };
  }[];
}

/** The guide's Deployment and its HPA, in the cluster. */
export class GuideWorkload {
  readonly #cluster: ControlPlane;
  readonly #namespace: readonly string[];

  private constructor(cluster: ControlPlane, { workloadNamespace }: TestRun) {
    this.#cluster = cluster;
    this.#namespace = ['-n', workloadNamespace];
  }

  /** @param labels of the HPA's metric */
  static async create(
    cluster: ControlPlane,
    run: TestRun,
    labels: Readonly<Record<string, string>>,
  ): Promise<GuideWorkload> {
    const versions = (await cluster.kubectl(['api-versions'])).split('\n');
    const version = versions.includes('autoscaling/v2') ? 'autoscaling/v2' : 'autoscaling/v2beta2';
    await cluster.create([guideDeployment(run), guideHpa(run, version, labels)]);
    return new GuideWorkload(cluster, run);
  }

  /** Of the Deployment's spec: without a kubelet no pod ever runs, but all are wanted. */
  async replicas(): Promise<number> {
    const found = await this.#cluster.get(['deployment', deploymentName, ...this.#namespace]);
    return (found as { spec: { replicas: number } }).spec.replicas;
  }

  /**
   * Waits until `kubectl get hpa` shows the targets at that many replicas.
   *
   * @param targets as in its column, e.g. `0/10 (avg)`
   * @returns all numbers of replicas that were seen on the way
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

  /** How often the HPA could not read its metric. */
  async failures(): Promise<number> {
    const { items } = (await this.#cluster.get(['events', ...this.#namespace])) as EventList;
    return items
      .filter(({ reason }) => reason === 'FailedGetExternalMetric')
      .reduce((sum, { count, series }) => sum + (series?.count ?? count ?? 1), 0);
  }

  /** `kubectl describe hpa`. */
  describe(): Promise<string> {
    return this.#cluster.kubectl(['describe', 'hpa', hpaName, ...this.#namespace]);
  }
}
