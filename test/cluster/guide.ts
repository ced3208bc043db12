import type { TestRun } from './test-run.ts';

/** The guide's names. */
export const deploymentName = 'bert-tfserving-202207181536-tensorflow-serving';
export const hpaName = 'bert-tfserving-eci-hpa';
const servicePort = 8501;

export const routeOf = ({ workloadNamespace }: TestRun) =>
  `${workloadNamespace}-${deploymentName}-${servicePort}`;

/**
 * Values for the chart `elastic-inference` on top of its `values-guide.yaml`: the log and a volume of this run, and an
 * HPA that scales down at once (the default waits 5 minutes).
 */
export const guideOverrides = (
  { id }: TestRun,
  log: { readonly project: string; readonly logstore: string },
) => ({
  storage: { volumeName: volumeOf(id) },
  autoscaling: { sls: { clusterId: '', ...log }, behavior: { scaleUp: atOnce, scaleDown: atOnce } },
});

/** The name of the volume, which is cluster-wide. */
export const volumeOf = (id: string) => `model-${id}`;

const atOnce = {
  stabilizationWindowSeconds: 0,
  policies: [{ type: 'Pods', value: 10, periodSeconds: 15 }],
};
