import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What kube-state-metrics tells of one HPA with an external metric.
 * Source: kubernetes/kube-state-metrics, docs/metrics/workload/horizontalpodautoscaler-metrics.md
 */
const exposition = (() => {
  const hpa = 'namespace="default",horizontalpodautoscaler="bert-tfserving"';
  const target = `${hpa},metric_name="sls_ingress_qps",metric_target_type="average"`;
  const conditions = ['AbleToScale', 'ScalingActive', 'ScalingLimited'].flatMap((condition) =>
    ['true', 'false', 'unknown'].map(
      (status) =>
        `status_condition{${hpa},condition="${condition}",status="${status}"} ${Number(status === 'true')}`,
    ),
  );
  return [
    `spec_min_replicas{${hpa}} 1`,
    `spec_max_replicas{${hpa}} 10`,
    `spec_target_metric{${target}} 10`,
    `status_target_metric{${target}} 8.5`,
    `status_current_replicas{${hpa}} 2`,
    `status_desired_replicas{${hpa}} 2`,
    ...conditions,
  ]
    .map((line) => `kube_horizontalpodautoscaler_${line}\n`)
    .join('');
})();

/** Serves that at `/metrics`. */
export async function startKubeStateMetrics(): Promise<{ readonly address: string } & AsyncDisposable> {
  const server = createServer((_, reply) => {
    reply.setHeader('content-type', 'text/plain; version=0.0.4');
    reply.end(exposition);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
