import type { KubernetesObject } from '../support/manifests.ts';
import type { TestRun } from './test-run.ts';

/** The guide's names. */
export const deploymentName = 'bert-tfserving-202207181536-tensorflow-serving';
export const hpaName = 'bert-tfserving-eci-hpa';
const servicePort = 8501;

export const routeOf = ({ workloadNamespace }: TestRun) =>
  `${workloadNamespace}-${deploymentName}-${servicePort}`;

/** What `arena serve tensorflow` makes of the guide's command; its GPU keeps it from ever being placed here. */
export function guideDeployment({ workloadNamespace, labels }: TestRun): KubernetesObject {
  const app = { app: deploymentName };
  const container = {
    name: 'tensorflow-serving',
    image: 'tensorflow/serving:1.15.0-gpu',
    ports: [
      { name: 'grpc-serving', containerPort: 8500 },
      { name: 'http-serving', containerPort: servicePort },
    ],
    resources: { limits: { 'nvidia.com/gpu': '1' } },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: deploymentName, namespace: workloadNamespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: app },
      template: { metadata: { labels: app }, spec: { containers: [container] } },
    },
  } as KubernetesObject;
}

/** The guide's HPA, but that it follows at once: by default a scale-down waits for 5 minutes. */
export function guideHpa(
  { workloadNamespace, labels }: TestRun,
  apiVersion: string,
  selector: Readonly<Record<string, string>>,
): KubernetesObject {
  return {
    apiVersion,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: hpaName, namespace: workloadNamespace, labels },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deploymentName },
      minReplicas: 1,
      maxReplicas: 10,
      metrics: [
        {
          type: 'External',
          external: {
            metric: { name: 'sls_ingress_qps', selector: { matchLabels: selector } },
            target: { type: 'AverageValue', averageValue: '10' },
          },
        },
      ],
      behavior: { scaleUp: atOnce, scaleDown: atOnce },
    },
  } as KubernetesObject;
}

const atOnce = {
  stabilizationWindowSeconds: 0,
  policies: [{ type: 'Pods', value: 10, periodSeconds: 15 }],
};
