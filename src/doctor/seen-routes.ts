import { isIngressLog } from '../metric/log-kind.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { Window } from '../metric/sample.ts';
import type { SlsStack } from '../service/sls-stack.ts';
import { nearest } from './edit-distance.ts';

const maxSimilar = 3;

/**
 * Returns the requests of each route within a window that ends with the present second. As in readings, a request that a canary served counts for the
 * canary's route.
 *
 * @throws AdapterError with one of the codes of SLS
 */
export async function seenRoutes(
  { metric: { logKind }, project, logstore, internalEndpoint }: MetricRequest,
  sls: SlsStack,
  window: Window,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  if (!isIngressLog(logKind)) return new Map();
  const query = {
    ...{ project, logstore, endpoint: sls.endpointOf({ project, internalEndpoint }), logKind, filters: {} },
    ...{ window, plannedAtSeconds: window.endSeconds - 1 },
    ...{ routes: [], everyRoute: true, aggregates: { requests: 'count(*)' } },
  };
  const { byRoute } = await sls.aggregates.query(query, signal);
  const counts = Array.from(byRoute, ([route = '', { requests = 0 }]) => [route, requests] as const);
  return new Map(counts.filter(([route]) => route !== '' && route !== '-'));
}

/** Returns the routes that were not seen, each with those that are most alike. */
export const unseenOf = (routes: readonly string[], seen: ReadonlyMap<string, number>) =>
  routes
    .filter((route) => !seen.has(route))
    .map((route) => {
      const similar = nearest(route, [...seen.keys()], maxSimilar);
      const text = similar.length === 0 ? route : `${route} (most similar: ${similar.join(', ')})`;
      return { name: route, similar, text };
    });
