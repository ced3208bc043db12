import { stockReading } from '../../bench/reaction/reaction.ts';

export const perSecond = { from: 5, to: 45 } as const;
/** Requests per second of a pod, the target of the HPAs. */
export const target = 10;
export const wantedReplicas = Math.ceil(perSecond.to / target);
export const linesLateSeconds = 3;
/** What the adapter learns for such lines. Learning takes minutes and has tests of its own. */
export const delaySeconds = 5;
export const syncSeconds = 15;
const stockLatencyMs = 80;
/** Source: --horizontal-pod-autoscaler-tolerance. */
const tolerance = 0.1;

/**
 * Returns when an HPA with the stock policy would have given enough replicas, in Unix time. The stock adapter queries SLS at
 * each read, over 15 s that end 10 s ago. The HPA reads in the beat of the real one of the same route.
 *
 * @param stepSecond first second with the new rate
 * @param beatMs moment of one sync of the HPA after the step
 */
export function stockReachedMs(stepSecond: number, beatMs: number): number {
  const lines = linesAround(stepSecond);
  const syncMs = syncSeconds * 1000;
  let replicas = Math.ceil(perSecond.from / target);
  for (let atMs = beatMs - 4 * syncMs; ; atMs += syncMs) {
    const { value } = stockReading(lines, atMs - stockLatencyMs, stockLatencyMs);
    if (Math.abs(value / (replicas * target) - 1) > tolerance) replicas = Math.ceil(value / target);
    if (replicas >= wantedReplicas) return atMs;
  }
}

const linesAround = (stepSecond: number) =>
  Array.from({ length: 240 }, (_, index) => stepSecond - 120 + index).map((second) => ({
    route: '',
    second,
    count: second < stepSecond ? perSecond.from : perSecond.to,
    visibleMs: (second + linesLateSeconds) * 1000,
  }));

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / values.length;

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** The Deployments and HPAs of one route: one HPA with a fixed and one with an adaptive window. */
export function stepWorkload(
  namespace: string,
  name: string,
  selector: Readonly<Record<string, string>>,
  autoscaling: string,
) {
  const metadata = { name, namespace };
  const labels = { app: name };
  const container = { name: 'server', image: 'registry.example.com/none' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
  const metric = { name: 'sls_ingress_qps', selector: { matchLabels: selector } };
  const hpa = {
    apiVersion: autoscaling,
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 1,
      maxReplicas: 10,
      // Without it, 1 replica may become 4 at most in one sync.
      behavior: { scaleUp: { policies: [{ type: 'Pods', value: 10, periodSeconds: syncSeconds }] } },
      metrics: [
        {
          type: 'External',
          external: { metric, target: { type: 'AverageValue', averageValue: `${target}` } },
        },
      ],
    },
  };
  return { deployment, hpa };
}
