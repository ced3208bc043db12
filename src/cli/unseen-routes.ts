import { seenRoutes, unseenOf } from '../doctor/seen-routes.ts';
import { toAdapterError } from '../errors.ts';
import { isIngressLog } from '../metric/log-kind.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { ReadingStack } from '../service/reading-stack.ts';

const reachSeconds = 3600;

/**
 * Returns a warning if a route that reads 0 was not logged within the last hour: a misspelt route reads 0 as well as one
 * without requests. Queries SLS only for such a route.
 *
 * @param zero the routes that read 0
 */
export async function unseenRouteWarning(
  request: MetricRequest,
  zero: readonly string[],
  { sls }: ReadingStack,
  nowMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (zero.length === 0 || !isIngressLog(request.metric.logKind)) return undefined;
  const endSeconds = Math.floor(nowMs / 1000) + 1;
  const window = { startSeconds: endSeconds - reachSeconds, endSeconds };
  try {
    const unseen = unseenOf(zero, await seenRoutes(request, sls, window, signal));
    if (unseen.length === 0) return undefined;
    return `no request was logged within the last hour for ${unseen.map(({ text }) => text).join(', ')}: correct the route, unless it really has no requests`;
  } catch (error) {
    return `it is unknown whether the log has the route: ${toAdapterError(error).what}`;
  }
}
