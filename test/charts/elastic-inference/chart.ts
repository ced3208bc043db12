import { join } from 'node:path';
import type { KubernetesObject } from '../../support/manifests.ts';
import { ciValues, exampleValues } from '../support/ci-values.ts';
import { chartDirectory, renderChart, type ChartInput } from '../support/helm.ts';

export const chart = chartDirectory('elastic-inference');
const guideValues = join(chart, 'values-guide.yaml');

/** Every values file with which the chart must render. */
export const valueFiles = [...ciValues('elastic-inference'), ...exampleValues('elastic-inference')];

/** Installs the example of the guide with its values file. */
export const guide: ChartInput = {
  chart,
  release: 'bert-tfserving',
  namespace: 'default',
  valueFiles: [guideValues],
};

/** Renders the example of the guide with these changes. */
export const renderGuide = (
  values: object = {},
  input: Partial<ChartInput> = {},
): Promise<KubernetesObject[]> => renderChart({ ...guide, ...input, values });

/** The parts of a Deployment that the tests read. */
export interface Serving {
  readonly spec: {
    readonly replicas?: number;
    readonly progressDeadlineSeconds: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: {
        readonly labels: Readonly<Record<string, string>>;
        readonly annotations: Readonly<Record<string, string>>;
      };
      readonly spec: PodSpec;
    };
  };
}

interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
  readonly tolerations?: readonly object[];
  readonly affinity?: Readonly<Record<string, object>>;
}

export interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly name: string;
  readonly lifecycle?: object;
  readonly env?: readonly { readonly name: string }[];
  readonly ports: readonly {
    readonly name: string;
    readonly containerPort: number;
    readonly hostPort?: number;
  }[];
  readonly resources?: { readonly limits?: object; readonly requests?: object };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly startupProbe: Readonly<Record<string, unknown>>;
  readonly readinessProbe: Readonly<Record<string, unknown>>;
  readonly livenessProbe: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

/** The metrics of an HPA. */
export interface Scaling {
  readonly spec: {
    readonly scaleTargetRef: object;
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly metrics: readonly {
      readonly type: string;
      readonly external: {
        readonly metric: {
          readonly name: string;
          readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
        };
        readonly target: Readonly<Record<string, string>>;
      };
    }[];
    readonly behavior: object;
  };
}

/** Throws an Error if there is not exactly one. */
export function onlyContainer({ spec }: Serving): Container {
  const [container, ...others] = spec.template.spec.containers;
  if (container === undefined || others.length > 0) throw new Error('not one container');
  return container;
}
