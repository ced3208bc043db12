import { nearest } from '../doctor/edit-distance.ts';
import { toAdapterError } from '../errors.ts';
import { isIngressLog } from '../metric/log-kind.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { ReadingStack } from '../service/reading-stack.ts';

const reachSeconds = 3600;
const maxSimilar = 3;

/**
 * Returns a warning if a route that reads 0 was not logged within the last hour: a misspelt route reads 0 as well as one
 * without requests. Queries SLS only for such a route.
 *
 * @param zero the routes that read 0
 */
export async function unseenRouteWarning(
  { metric: { logKind }, project, logstore, internalEndpoint }: MetricRequest,
  zero: readonly string[],
  { sls }: ReadingStack,
  nowMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (zero.length === 0 || !isIngressLog(logKind)) return undefined;
  const nowSeconds = Math.floor(nowMs / 1000);
  const query = {
    ...{ project, logstore, endpoint: sls.endpointOf({ project, internalEndpoint }), logKind, filters: {} },
    window: { startSeconds: nowSeconds - reachSeconds, endSeconds: nowSeconds },
    ...{ plannedAtSeconds: nowSeconds, routes: [], everyRoute: true, aggregates: { requests: 'count(*)' } },
  };
  try {
    const { byRoute } = await sls.aggregates.query(query, signal);
    const seen = [...byRoute.keys()].filter((route) => route !== undefined && route !== '' && route !== '-');
    const texts = zero
      .filter((route) => !byRoute.has(route))
      .map((route) => {
        const similar = nearest(route, seen as string[], maxSimilar);
        return similar.length === 0 ? route : `${route} (most similar: ${similar.join(', ')})`;
      });
    if (texts.length === 0) return undefined;
    return `no request was logged within the last hour for ${texts.join(', ')}: correct the route, unless it really has no requests`;
  } catch (error) {
    return `it is unknown whether the log has the route: ${toAdapterError(error).what}`;
  }
}
