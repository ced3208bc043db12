import { type AccessDecision, type AccessRead, decideAccess } from '../../access/access-check.ts';
import { projectSettings, type ProjectSettings } from '../../config/project-settings.ts';
import type { Config } from '../../config/schema.ts';
import { AdapterError, toAdapterError } from '../../errors.ts';
import { routeColumnsOf } from '../../metric/log-kind.ts';
import type { MetricRequest } from '../../metric/metric-request.ts';
import type { Outcome } from '../../metric/sample.ts';
import { seriesLabels, seriesOf } from '../../metric/series.ts';
import type { DelaySource } from '../../reading/delay/delays.ts';
import { type Batch, type BatchKey, batchKeyOf, outcomeFromResult, planBatches } from '../../reading/plan.ts';
import type { ReadingItem } from '../../reading/reader.ts';
import { withRetry } from '../../reading/retry.ts';
import type { ReadingStack } from '../../service/reading-stack.ts';
import { AggregateSource, logQueryOf } from '../../sls/aggregate-source.ts';
import type { LogQuery, LogResult, LogSource } from '../../sls/client.ts';

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
  request: MetricRequest,
  access: AccessRead,
  config: Config,
  reading: ReadingStack,
  nowMs: number,
): Explanation {
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
    access: decideAccess(config.access, access),
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

/** One query that was sent to SLS, and what came back. */
export interface Exchange {
  readonly query: LogQuery;
  readonly elapsedMs: number;
  readonly answer: LogResult | AdapterError;
}

/** What became of a read that was explained. */
export interface ExplainedRun {
  /** In the order sent: attempts, and a second one where a logstore lacks a column. */
  readonly exchanges: readonly Exchange[];
  /** The reading; undefined where there is none. */
  readonly items: readonly ReadingItem[] | undefined;
  /** Why there is none. */
  readonly error: AdapterError | undefined;
}

/** Sends what was planned, with the retries and within the deadline of a read. Never rejects. */
export async function runExplained(
  { batch, request, settings }: Explanation,
  { sls, retryPauses }: ReadingStack,
  clock: { now(): number },
  signal: AbortSignal,
): Promise<ExplainedRun> {
  const exchanges: Exchange[] = [];
  const source = new AggregateSource(overheard(sls.gates, exchanges), clock);
  try {
    const result = await withRetry(
      (either) => source.query(batch.query, either),
      () => request.maxRetries,
      signal,
      { ...retryPauses, deadlineMs: settings.deadlineSeconds * 1000 },
    );
    const items = batch.series.map((series) => ({
      labels: seriesLabels(series),
      sample: sampleOf(outcomeFromResult(series, batch.query.window, result)),
    }));
    return { exchanges, items, error: undefined };
  } catch (thrown) {
    return { exchanges, items: undefined, error: toAdapterError(thrown) };
  }
}

function overheard(logs: LogSource, exchanges: Exchange[]): LogSource {
  return {
    query: async (query, signal) => {
      const startMs = performance.now();
      const note = (answer: Exchange['answer']) =>
        exchanges.push({ query, elapsedMs: performance.now() - startMs, answer });
      try {
        const result = await logs.query(query, signal);
        note(result);
        return result;
      } catch (thrown) {
        note(toAdapterError(thrown));
        throw thrown;
      }
    },
  };
}

function sampleOf(outcome: Outcome) {
  if (outcome.kind === 'failed') throw outcome.error;
  return outcome.sample;
}
