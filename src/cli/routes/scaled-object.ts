import { formatQuantity } from '../../grammar/quantity.ts';
import { labelDefinitions } from '../../metric/labels.ts';
import { parseHpaManifest, type Fields } from '../../scaling/hpa-manifest.ts';

/** A selector of `suggestHpa`. */
interface PrintedSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly values: readonly string[] }[];
}

/** As deploy/keda and docs/keda.md name it. */
const authentication = { kind: 'ClusterTriggerAuthentication', name: 'sls-metrics-adapter' };

/** Returns the ScaledObject of KEDA that does what an HPA of `suggestHpa` does. */
export function scaledObjectOf(hpa: Fields): Fields {
  const { spec, selectors } = parseHpaManifest(hpa);
  const { metadata, spec: printed } = hpa as { readonly metadata: Fields; readonly spec: Fields };
  const triggers = spec.metrics.map(({ name, targetMilli }, index) => {
    const { matchLabels, matchExpressions: [routes] = [] } = selectors[index] as PrintedSelector;
    return {
      type: 'external',
      metricType: 'AverageValue',
      metadata: {
        scalerAddress: 'sls-metrics-adapter.sls-metrics-adapter.svc:6444',
        enableTLS: 'true',
        metric: name,
        target: formatQuantity(targetMilli / 1000),
        ...matchLabels,
        ...(routes && { [labelDefinitions.route.name]: routes.values.join(',') }),
      },
      authenticationRef: authentication,
    };
  });
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata,
    spec: {
      scaleTargetRef: printed['scaleTargetRef'],
      minReplicaCount: spec.minReplicas,
      maxReplicaCount: spec.maxReplicas,
      advanced: { horizontalPodAutoscalerConfig: { behavior: printed['behavior'] } },
      triggers,
    },
  };
}
