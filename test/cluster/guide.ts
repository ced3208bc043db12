import type { TestRun } from './test-run.ts';

/** The guide's names. */
export const deploymentName = 'bert-tfserving-202207181536-tensorflow-serving';
export const hpaName = 'bert-tfserving-eci-hpa';
const servicePort = 8501;

export const routeOf = ({ workloadNamespace }: TestRun) =>
  `${workloadNamespace}-${deploymentName}-${servicePort}`;

/**
 * What the chart `elastic-inference` is given beside its `values-guide.yaml`: the log and a volume of this run, and an
 * HPA that follows at once, where by default a scale-down waits for 5 minutes.
 */
export const guideOverrides = (
  { id }: TestRun,
  log: { readonly project: string; readonly logstore: string },
) => ({
  storage: { volumeName: volumeOf(id) },
  autoscaling: { sls: { clusterId: '', ...log }, behavior: { scaleUp: atOnce, scaleDown: atOnce } },
});

/** Of the whole cluster, as volumes are. */
export const volumeOf = (id: string) => `model-${id}`;

const atOnce = {
  stabilizationWindowSeconds: 0,
  policies: [{ type: 'Pods', value: 10, periodSeconds: 15 }],
};
