import type { Telemetry } from '../logger.ts';
import type { MetricRegistry } from './metric-registry.ts';

/** Counts what happens between us and the API server. */
export function createKubeMetrics(
  registry: MetricRegistry,
): Pick<
  Telemetry,
  'listed' | 'watchEnded' | 'reviewFailed' | 'autoscalerMetricRefused' | 'servingPairUnusable'
> {
  const lists = registry.counter('kube_lists_total', 'Collections read in whole from the API server.', [
    'resource',
  ]);
  const ends = registry.counter(
    'kube_watch_ends_total',
    'Watches and lists that ended, by reason: closed in order, expired, silent or failed.',
    ['resource', 'reason'],
  );
  const reviews = registry.counter(
    'kube_reviews_failed_total',
    'Reviews that got no answer from the API server, retries included.',
    ['kind'],
  );
  const refusals = registry.counter(
    'autoscaler_metrics_refused_total',
    'Metrics of HPAs that will be refused when they are read, counted once a change of the HPA.',
    ['code'],
  );
  const certificates = registry.counter(
    'serving_certificate_failures_total',
    'How often a new serving certificate could not be used, so that the last good one stays.',
    [],
  );
  return {
    listed: ({ path }) => lists.inc({ resource: resourceOf(path) }),
    watchEnded: ({ path, reason }) => ends.inc({ resource: resourceOf(path), reason }),
    reviewFailed: ({ kind }) => reviews.inc({ kind }),
    autoscalerMetricRefused: ({ error }) => refusals.inc({ code: error.code }),
    servingPairUnusable: () => certificates.inc(),
  };
}

/** `/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers` → `horizontalpodautoscalers` */
const resourceOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
