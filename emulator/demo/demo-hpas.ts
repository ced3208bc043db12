import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { autoscalerOf, type Autoscaler } from '../../src/kube/autoscalers/autoscaler.ts';
import { HpaController } from '../../src/scaling/controller.ts';
import { parseHpaManifest, type Fields, type HpaManifest } from '../../src/scaling/hpa-manifest.ts';
import { reasonOf } from '../../src/scaling/reason.ts';
import { eventsOf } from './hpa-events.ts';

export const project = 'k8s-log-demo';
export const logstore = 'nginx-ingress';

/** The HPA of the guide, as it is deployed. */
export const guideHpaFile = 'deploy/bert-tfserving/base/hpa.yaml';

/** An HPA of the demo. It scales one route. */
export interface DemoHpa {
  readonly route: string;
  readonly manifest: HpaManifest;
  /** As the adapter knows it. */
  readonly autoscaler: Autoscaler;
}

/** Returns the HPAs of the routes of the demo, in their order. The first is the guide's. */
export function demoHpas(): DemoHpa[] {
  const file = resolve(import.meta.dirname, '../..', guideHpaFile);
  const guide = parse(readFileSync(file, 'utf8')) as { metadata: Fields; spec: Fields };
  const { namespace, name } = guide.metadata;
  const ofRoute = (route: string, metadata: Fields, spec: Fields, averageValue = '10') => {
    const matchLabels = {
      ...{ 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': route },
    };
    const external = {
      metric: { name: 'sls_ingress_qps', selector: { matchLabels } },
      target: { type: 'AverageValue', averageValue },
    };
    const metrics = [{ type: 'External', external }];
    const object = { ...guide, metadata, spec: { ...guide.spec, ...spec, metrics } };
    const autoscaler = autoscalerOf(object);
    if (autoscaler === undefined) throw new Error(`the HPA of ${route} has no name`);
    return { route, manifest: parseHpaManifest(object), autoscaler };
  };
  const cart = 'shop-cart-8080';
  return [
    ofRoute('default-bert-tfserving-202207181536-tensorflow-serving-8501', { namespace, name }, {}),
    ofRoute('default-web-80', { namespace: 'default', name: 'web' }, { minReplicas: 2, maxReplicas: 8 }, '5'),
    ofRoute(cart, { namespace: 'shop', name: 'cart' }, { minReplicas: 1, maxReplicas: 4 }, '500m'),
  ];
}

/** The sync period of the HPA controller. */
const syncMs = 15_000;

/** What the controller says of a Deployment. */
interface Scaled {
  readonly replicas: number;
  /** Why these replicas, in the controller's word. */
  readonly reason: string;
  /** Of this sync. */
  readonly events: readonly string[];
}

/** A Deployment that an HPA scales, by the model of its controller. All of its pods are ready at once. */
export class ScaledDeployment {
  readonly #hpa: DemoHpa;
  readonly #controller: HpaController;
  #scaled: Scaled;
  #syncedAtMs = -Infinity;

  constructor(hpa: DemoHpa) {
    this.#hpa = hpa;
    this.#controller = new HpaController(hpa.manifest.spec);
    this.#scaled = { replicas: hpa.manifest.spec.minReplicas, reason: '', events: [] };
  }

  /**
   * Syncs if a sync is due.
   *
   * @param reading a value of the adapter, or why the read failed
   */
  sync(reading: number | { readonly error: string }, nowMs: number): Scaled {
    if (nowMs - this.#syncedAtMs < syncMs) return { ...this.#scaled, events: [] };
    this.#syncedAtMs = nowMs;
    const { manifest, autoscaler } = this.#hpa;
    const { replicas: specReplicas } = this.#scaled;
    const decision = this.#controller.sync({
      ...{
        nowSeconds: nowMs / 1000,
        specReplicas,
        statusReplicas: specReplicas,
        readyReplicas: specReplicas,
      },
      usagesMilli: [typeof reading === 'number' ? Math.ceil(reading * 1000) : Number.NaN],
    });
    const { namespace, name } = autoscaler;
    const error = typeof reading === 'number' ? '' : reading.error;
    const failure = { namespace, error: `unable to fetch metrics from external metrics API: ${error}` };
    const events = eventsOf(manifest, decision, failure);
    this.#scaled = {
      replicas: decision.replicas,
      reason: reasonOf(manifest.spec, decision),
      events: events.map(({ reason, message }) => `${namespace}/${name} ${reason}: ${message}`),
    };
    return this.#scaled;
  }
}
