import { hash } from 'node:crypto';
import { AdapterError } from '../../errors.ts';
import { parseQuantity } from '../../grammar/quantity.ts';
import type { AutoscalerName, ExternalMetricRef, ScaleTarget } from '../../metric/external-metric-ref.ts';
import { selectorRequirements } from './autoscaler-selector.ts';
import { isRecord, metadataOf, type KubeObject } from '../client/kube-object.ts';

/** What is kept of a HorizontalPodAutoscaler. */
export interface Autoscaler extends AutoscalerName {
  /** Each once, sorted: the order in the HPA makes no difference. */
  readonly metrics: readonly ExternalMetricRef[];
  /**
   * A hash of `metrics`: equal for equal metrics, empty without metrics. It is computed when the HPA is read, since
   * thousands may have to be compared at once.
   */
  readonly fingerprint: string;
  /** About what `metrics` take in memory. */
  readonly bytes: number;
  /** It names so many external metrics, or so long ones, that only the first ones are kept. */
  readonly isCut: boolean;
}

/** More metrics of one HPA are not shown. The controller reads each of them at every sync, one after the other. */
const maxMetrics = 100;
/** Of their text in all. */
const maxMetricBytes = 32 * 1024;
/** Of one, besides its text. */
const bytesOfMetric = 200;

/**
 * Reads a HorizontalPodAutoscaler of autoscaling/v2 or v2beta2. Parts that are not as documented are ignored.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
 *
 * @returns undefined without a namespace or a name
 */
export function autoscalerOf(object: KubeObject): Autoscaler | undefined {
  const { namespace, name } = metadataOf(object);
  if (typeof namespace !== 'string' || typeof name !== 'string') return undefined;
  const spec = object['spec'];
  const metrics = isRecord(spec) ? spec['metrics'] : undefined;
  const bounds = boundsOf(spec);
  const byText = new Map<string, ExternalMetricRef>();
  let bytes = 0;
  let isCut = false;
  for (const metric of Array.isArray(metrics) ? (metrics as readonly unknown[]) : []) {
    const ref = externalMetricOf(metric, bounds);
    if (ref === undefined) continue;
    const text = JSON.stringify(ref);
    bytes += text.length;
    isCut = byText.size >= maxMetrics || bytes > maxMetricBytes;
    if (isCut) break;
    byText.set(text, ref);
  }
  const texts = [...byText.keys()].sort();
  const sorted = texts.flatMap((text) => byText.get(text) ?? []);
  const text = texts.join();
  const fingerprint = text === '' ? '' : hash('sha256', text, 'base64');
  return {
    namespace,
    name,
    metrics: sorted,
    fingerprint,
    bytes: text.length + bytesOfMetric * sorted.length,
    isCut,
  };
}

type Bounds = Pick<ScaleTarget, 'minReplicas' | 'maxReplicas'>;

/** Source: autoscaling/v2. minReplicas is 1 by default. */
function boundsOf(spec: unknown): Bounds {
  const { minReplicas, maxReplicas } = isRecord(spec) ? spec : {};
  return {
    minReplicas: typeof minReplicas === 'number' ? minReplicas : 1,
    maxReplicas: typeof maxReplicas === 'number' ? maxReplicas : Number.MAX_SAFE_INTEGER,
  };
}

function externalMetricOf(metric: unknown, bounds: Bounds): ExternalMetricRef | undefined {
  if (!isRecord(metric) || metric['type'] !== 'External' || !isRecord(metric['external'])) return undefined;
  const identifier = metric['external']['metric'];
  if (!isRecord(identifier)) return undefined;
  const { name, selector } = identifier;
  if (typeof name !== 'string' || name === '') return undefined;
  const target = targetOf(metric['external']['target'], bounds);
  const named = { name, ...(target && { target }) };
  try {
    return { ...named, requirements: selectorRequirements(selector) };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { ...named, refusal: error };
  }
}

function targetOf(target: unknown, bounds: Bounds): ScaleTarget | undefined {
  if (!isRecord(target)) return undefined;
  const { averageValue, value } = target;
  const kind = averageValue === undefined || averageValue === null ? 'Value' : 'AverageValue';
  try {
    const quantity = parseQuantity(String(averageValue ?? value));
    return quantity > 0 ? { kind, value: quantity, ...bounds } : undefined;
  } catch {
    return undefined;
  }
}
