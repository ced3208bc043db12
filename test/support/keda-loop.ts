import { HpaController } from '../../src/scaling/controller.ts';
import { readAsKeda, type KedaClient, type MetricAndActivity, type ScaledObjectRef } from './keda-client.ts';

/** The parts of a ScaledObject that decide. */
export interface ScaledObjectSpec {
  readonly minReplicaCount: number;
  readonly maxReplicaCount: number;
  /** Seconds. KEDA's default: 30. */
  readonly pollingInterval?: number;
  /** Seconds. KEDA's default: 300. */
  readonly cooldownPeriod?: number;
  readonly fallback?: { readonly failureThreshold: number; readonly replicas: number };
  /** For each replica. */
  readonly target: number;
  /** The HPA gets what the operator polled last. */
  readonly useCachedMetrics?: boolean;
}

const syncSeconds = 15;

/**
 * KEDA and the HPA that it makes, for one ScaledObject with one trigger, whose pods are ready at once. Sources: KEDA,
 * pkg/scaling/scale_handler.go, executor/scale_scaledobjects.go and fallback/fallback.go; the HPA: src/scaling.
 */
export class KedaLoop {
  replicas: number;
  /** Errors that the last reads ended with. */
  readonly errors: string[] = [];
  readonly #client: KedaClient;
  readonly #ref: ScaledObjectRef;
  readonly #spec: Required<Omit<ScaledObjectSpec, 'fallback'>> & Pick<ScaledObjectSpec, 'fallback'>;
  readonly #hpa: HpaController;
  #failures = 0;
  #lastActiveSeconds = -Infinity;
  #cached: MetricAndActivity | undefined;

  constructor(client: KedaClient, ref: ScaledObjectRef, spec: ScaledObjectSpec) {
    this.#client = client;
    this.#ref = ref;
    this.#spec = { pollingInterval: 30, cooldownPeriod: 300, useCachedMetrics: false, ...spec };
    this.replicas = spec.minReplicaCount;
    const { minReplicaCount, maxReplicaCount, target } = spec;
    this.#hpa = new HpaController({
      minReplicas: Math.max(1, minReplicaCount),
      maxReplicas: maxReplicaCount,
      metrics: [{ name: 's0-metric', kind: 'AverageValue', targetMilli: target * 1000 }],
    });
  }

  /** Does what is due at this second: a poll of the operator, a sync of the HPA. */
  async step(nowSeconds: number): Promise<void> {
    if (nowSeconds % this.#spec.pollingInterval === 0) await this.#poll(nowSeconds);
    if (nowSeconds % syncSeconds === 0 && this.replicas > 0) await this.#sync(nowSeconds);
  }

  /** A message of StreamIsActive: from zero at once; anything else is left to polls and the HPA. */
  push(nowSeconds: number): void {
    this.#lastActiveSeconds = nowSeconds;
    if (this.replicas === 0) this.replicas = Math.max(1, this.#spec.minReplicaCount);
  }

  async #poll(nowSeconds: number): Promise<void> {
    const { minReplicaCount, cooldownPeriod } = this.#spec;
    const read = await this.#read();
    this.#cached = read;
    if (read === undefined) {
      // isError: without a fallback nothing is scaled.
      const fallback = this.#fallback();
      if (fallback !== undefined && this.replicas === 0) this.replicas = fallback;
    } else if (read.isActive) {
      this.push(nowSeconds);
    } else if (this.replicas > 0 && minReplicaCount === 0) {
      if (nowSeconds - this.#lastActiveSeconds >= cooldownPeriod) this.replicas = 0;
    } else if (this.replicas < minReplicaCount) this.replicas = minReplicaCount;
  }

  async #sync(nowSeconds: number): Promise<void> {
    const { useCachedMetrics, target } = this.#spec;
    const read = useCachedMetrics && this.#cached !== undefined ? this.#cached : await this.#read();
    const fallback = this.#fallback();
    const value = read?.value ?? (fallback === undefined ? Number.NaN : fallback * target);
    const pods = { specReplicas: this.replicas, statusReplicas: this.replicas, readyReplicas: this.replicas };
    this.replicas = this.#hpa.sync({ ...pods, nowSeconds, usagesMilli: [value * 1000] }).replicas;
  }

  /** Undefined: the scaler fails. */
  async #read(): Promise<MetricAndActivity | undefined> {
    try {
      const read = await readAsKeda(this.#client, this.#ref);
      this.#failures = 0;
      return read;
    } catch (error) {
      this.#failures += 1;
      this.errors.push(String((error as { readonly details?: unknown }).details));
      return undefined;
    }
  }

  #fallback(): number | undefined {
    const { fallback } = this.#spec;
    return fallback !== undefined && this.#failures > fallback.failureThreshold
      ? fallback.replicas
      : undefined;
  }
}
