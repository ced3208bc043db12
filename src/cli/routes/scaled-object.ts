import { labelDefinitions } from '../../metric/labels.ts';
import type { Fields } from '../../scaling/hpa-manifest.ts';

/** The parts of a printed HPA that become a ScaledObject. */
interface PrintedHpa {
  readonly metadata: Fields;
  readonly spec: {
    readonly scaleTargetRef: Fields;
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly behavior: Fields;
    readonly metrics: readonly {
      readonly external: {
        readonly metric: {
          readonly name: string;
          readonly selector: {
            readonly matchLabels: Readonly<Record<string, string>>;
            readonly matchExpressions?: readonly { readonly values: readonly string[] }[];
          };
        };
        readonly target: { readonly averageValue: string };
      };
    }[];
  };
}

/** As deploy/keda and docs/keda.md name it. */
const authentication = { kind: 'ClusterTriggerAuthentication', name: 'sls-metrics-adapter' };

/** Returns the ScaledObject of KEDA that does what an HPA of `suggestHpa` does. */
export function scaledObjectOf(hpa: Fields): Fields {
  const { metadata, spec } = hpa as unknown as PrintedHpa;
  const triggers = spec.metrics.map(({ external: { metric, target } }) => {
    const [routes] = metric.selector.matchExpressions ?? [];
    return {
      type: 'external',
      metricType: 'AverageValue',
      metadata: {
        scalerAddress: 'sls-metrics-adapter.sls-metrics-adapter.svc:6444',
        enableTLS: 'true',
        metric: metric.name,
        target: target.averageValue,
        ...metric.selector.matchLabels,
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
      scaleTargetRef: spec.scaleTargetRef,
      minReplicaCount: spec.minReplicas,
      maxReplicaCount: spec.maxReplicas,
      advanced: { horizontalPodAutoscalerConfig: { behavior: spec.behavior } },
      triggers,
    },
  };
}
