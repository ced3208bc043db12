import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { HpaController } from '../../src/scaling/controller.ts';
import { parseHpaManifest } from '../../src/scaling/hpa-manifest.ts';

/** The HPA of the guide, as it is deployed. */
export const guideHpaFile = 'deploy/bert-tfserving/base/hpa.yaml';

export const readGuideHpa = () =>
  parseHpaManifest(parse(readFileSync(resolve(import.meta.dirname, '../..', guideHpaFile), 'utf8'))).spec;

/** The sync period of the HPA controller. */
const syncMs = 15_000;

/** The replicas that the guide's HPA sets, by the model of its controller. All of them are ready at once. */
export class GuideHpa {
  readonly #spec = readGuideHpa();
  readonly #controller = new HpaController(this.#spec);
  #replicas = this.#spec.minReplicas;
  #syncedAtMs = -Infinity;

  /**
   * Syncs if a sync is due, and returns the replicas.
   *
   * @param qps a reading of the adapter; undefined: the read failed
   */
  replicas(qps: number | undefined, nowMs: number): number {
    if (nowMs - this.#syncedAtMs < syncMs) return this.#replicas;
    this.#syncedAtMs = nowMs;
    const [specReplicas, usagesMilli] = [this.#replicas, [Math.ceil((qps ?? Number.NaN) * 1000)]];
    const pods = { specReplicas, statusReplicas: specReplicas, readyReplicas: specReplicas };
    this.#replicas = this.#controller.sync({ nowSeconds: nowMs / 1000, usagesMilli, ...pods }).replicas;
    return this.#replicas;
  }
}
