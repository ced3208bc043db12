import { projectSettings, type ProjectSettings } from '../config/project-settings.ts';
import type { Config } from '../config/schema.ts';
import { AdapterError } from '../errors.ts';
import { decideAccess, type AccessDecision } from '../access/access-decision.ts';
import type { NamedRead } from '../access/access-rules.ts';
import { routeColumnsOf } from '../metric/log-kind.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import { judgedRequest } from '../access/request-parser.ts';
import { seriesOf } from '../metric/series.ts';
import type { DelaySource } from '../reading/delays.ts';
import { batchKeyOf, planBatches, type Batch, type BatchKey } from '../reading/plan.ts';
import { logQueryOf } from '../sls/aggregate-source.ts';
import type { LogQuery } from '../sls/client.ts';
import type { ReadingStack } from './reading-stack.ts';

/** What decides which endpoint is asked. */
export type EndpointSource = 'sls.endpoint' | 'sls.internal.endpoint' | 'sls.region, sls.network';

/** What a read comes down to, before anything is sent. */
export interface Explanation {
  readonly request: MetricRequest;
  readonly access: AccessDecision;
  readonly batch: Batch;
  /** What is sent, and where to. */
  readonly query: LogQuery;
  /** What is sent in its place where the logstore has no index on the canary's column. */
  readonly withoutAlternative: string | undefined;
  readonly endpointFrom: EndpointSource;
  readonly delaySeconds: number;
  readonly delayFrom: DelaySource;
  /** What other series have in common with it that share its query. */
  readonly key: BatchKey;
  readonly settings: ProjectSettings['reading'];
}

/**
 * Plans a read as the adapter does.
 *
 * @param nowMs Unix ms
 * @throws AdapterError `ConfigInvalid` where no endpoint is configured
 */
export function explainRead(
  read: NamedRead & { readonly request: MetricRequest },
  config: Config,
  reading: ReadingStack,
  nowMs: number,
): Explanation {
  const { request } = read;
  const { sls, delays } = reading;
  const { reading: settings, sls: reached } = projectSettings(config)(request.project);
  const series = seriesOf(request);
  const [batch] = planBatches(series, {
    nowSeconds: nowMs / 1000,
    endpointOf: sls.endpointOf,
    delaySecondsOf: (one) => delays.secondsOf(one),
    maxNamedRoutes: settings.maxNamedRoutes,
  });
  const [first] = series;
  if (batch === undefined || first === undefined)
    throw new AdapterError('Internal', 'a read came out without a query');
  const { endpoint, window, plannedAtSeconds, logKind } = batch.query;
  const query = logQueryOf(batch.query, true);
  const alternative = routeColumnsOf(logKind)?.alternative;
  const without = logQueryOf(batch.query, false).query;
  return {
    request,
    access: decideAccess(config.access, { ...read, request: judgedRequest(request) }),
    batch,
    query,
    withoutAlternative: alternative === undefined || without === query.query ? undefined : without,
    endpointFrom: endpointSource(request, reached),
    delaySeconds: plannedAtSeconds - window.endSeconds,
    delayFrom: delays.sourceOf(first),
    key: batchKeyOf(first, endpoint, window),
    settings,
  };
}

function endpointSource({ internalEndpoint }: MetricRequest, { endpoint }: ProjectSettings['sls']) {
  if (endpoint !== undefined) return 'sls.endpoint';
  return internalEndpoint === undefined ? 'sls.region, sls.network' : 'sls.internal.endpoint';
}
