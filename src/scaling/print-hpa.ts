import { formatQuantity } from '../grammar/quantity.ts';
import type { AutoscalerSpec, Behavior, ScalingRules } from './autoscaler-spec.ts';
import type { Fields, HpaManifest } from './hpa-manifest.ts';

/**
 * Returns the manifest with the settings of another spec, ready for `kubectl apply`.
 *
 * @param indices for each metric of the spec, its index among the External metrics of the manifest
 */
export function withSettings(
  { object, name, namespace }: HpaManifest,
  { metrics, minReplicas, maxReplicas, behavior }: AutoscalerSpec,
  indices: readonly number[],
): Fields {
  const spec = object['spec'] as Fields;
  const given = spec['metrics'] as readonly Fields[];
  const external = given.filter((metric) => metric['type'] === 'External');
  const changed = new Map(
    metrics.map(({ kind, targetMilli }, index) => {
      const metric = external[indices[index] ?? -1] ?? {};
      const field = kind === 'Value' ? 'value' : 'averageValue';
      const target = { type: kind, [field]: formatQuantity(targetMilli / 1000) };
      return [metric, { ...metric, external: { ...(metric['external'] as Fields), target } }] as const;
    }),
  );
  return {
    apiVersion: object['apiVersion'],
    kind: object['kind'],
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      ...spec,
      ...{ minReplicas, maxReplicas },
      metrics: given.map((metric) => changed.get(metric) ?? metric),
      ...(behavior === undefined ? {} : { behavior: behaviorFields(behavior) }),
    },
  };
}

export const behaviorFields = ({ scaleUp, scaleDown }: Behavior): Fields => ({
  scaleUp: rulesFields(scaleUp),
  scaleDown: rulesFields(scaleDown),
});

const rulesFields = ({
  stabilizationWindowSeconds,
  selectPolicy,
  policies,
  tolerance,
}: ScalingRules): Fields => ({
  ...(stabilizationWindowSeconds === undefined ? {} : { stabilizationWindowSeconds }),
  selectPolicy,
  policies: policies.map(({ type, value, periodSeconds }) => ({ type, value, periodSeconds })),
  ...(tolerance === undefined ? {} : { tolerance: formatQuantity(tolerance) }),
});
