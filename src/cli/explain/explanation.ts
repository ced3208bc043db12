import type { AccessRead } from '../../access/access-check.ts';
import { decideAccess, readersOf } from '../../access/access-decision.ts';
import { projectSettings, type ProjectSettings } from '../../config/project-settings.ts';
import type { Config } from '../../config/schema.ts';
import { AdapterError, toAdapterError } from '../../errors.ts';
import { canaryColumnOf } from '../../metric/log-kind.ts';
import type { MetricRequest } from '../../metric/metric-request.ts';
import type { Outcome } from '../../metric/sample.ts';
import { AdaptiveWindows, linesIn } from '../../reading/adaptive/adaptive-windows.ts';
import { batchKeyOf, outcomeOf, planBatches } from '../../reading/plan.ts';
import { withRetry } from '../../reading/retry.ts';
import type { ReadingStack } from '../../service/reading-stack.ts';
import { AggregateSource, logQueryOf } from '../../sls/aggregate-source.ts';
import { SilenceWatch } from '../../reading/silence/silence-watch.ts';
import { countSeconds } from '../../sls/second-counts.ts';
import type { LogQuery, LogSource } from '../../sls/client.ts';
import type { LogResult } from '../../sls/read-reply.ts';

/** How the adapter performs a read, before anything is sent. */
export type Explanation = ReturnType<typeof explainRead>;

/**
 * Plans a read as the adapter does.
 *
 * @param nowMs Unix ms
 * @throws AdapterError `ConfigInvalid` if no endpoint is configured
 */
export function explainRead(
  request: MetricRequest,
  access: AccessRead,
  config: Config,
  reading: ReadingStack,
  nowMs: number,
) {
  const { sls, delays } = reading;
  const { reading: settings, sls: slsSettings } = projectSettings(config)(request.project);
  const [batch] = planBatches(request.series, {
    nowSeconds: nowMs / 1000,
    endpointOf: sls.endpointOf,
    delaySecondsOf: (item) => delays.secondsOf(item),
    maxNamedRoutes: settings.maxNamedRoutes,
    isAdaptive: reading.isAdaptive,
  });
  const [first] = request.series;
  if (batch === undefined || first === undefined) throw new AdapterError('Internal', 'the read has no query');
  const { endpoint, window, plannedAtSeconds, logKind } = batch.query;
  const withoutHeartbeats = sls.heartbeats?.isIn(batch.query) === true;
  const query = logQueryOf(batch.query, { hasAlternative: true, withoutHeartbeats });
  const alternative = canaryColumnOf(logKind);
  const without = logQueryOf(batch.query, { hasAlternative: false, withoutHeartbeats }).query;
  return {
    request,
    access: decideAccess(config.access, access),
    readers: readersOf(config.access, access),
    batch,
    query,
    /** The query that is sent instead if the logstore has no index on the column of canaries. */
    queryWithoutCanary: alternative === undefined || without === query.query ? undefined : without,
    endpointSource: endpointSourceOf(request, slsSettings),
    delaySeconds: plannedAtSeconds - window.endSeconds,
    delaySource: delays.sourceOf(first),
    /** What all series that share the query have in common. */
    key: batchKeyOf(first, endpoint, window, batch.query.lastSeconds !== undefined),
    settings,
  };
}

/** Returns the setting or label that decides the endpoint. */
function endpointSourceOf({ internalEndpoint }: MetricRequest, { endpoint }: ProjectSettings['sls']) {
  if (endpoint !== undefined) return 'sls.endpoint';
  return internalEndpoint === undefined ? 'sls.region, sls.network' : 'sls.internal.endpoint';
}

/** One query that was sent to SLS, and its result. */
export interface Exchange {
  readonly query: LogQuery;
  readonly elapsedMs: number;
  readonly answer: LogResult | AdapterError;
}

/** The result of a read that was explained: its items, or its error. */
export type ExplainedRun = Awaited<ReturnType<typeof runExplained>>;

/** Sends the planned query, with the retries and the deadline of a read. Never rejects. */
export async function runExplained(
  { batch, request, settings }: Explanation,
  { sls, retryPauses }: ReadingStack,
  signal: AbortSignal,
) {
  /** In the order sent: all attempts, and a second query if the logstore lacks a column. */
  const exchanges: Exchange[] = [];
  const windows = new AdaptiveWindows({ windowShrunk: () => undefined });
  const { query } = batch;
  const logs = recording(sls.gates, exchanges);
  const ignored = () => undefined;
  const silence = new SilenceWatch({
    query: new AggregateSource(logs, sls.heartbeats).query,
    countSeconds: (query, either) => countSeconds(logs, query, either, sls.heartbeats),
    settingsOf: () => settings,
    learnedDelayOf: ignored,
    clock: Date,
    monotonicMs: () => performance.now(),
    observer: { silenceBegan: ignored, silenceBelieved: ignored, silenceEnded: ignored },
  });
  try {
    const byRoute = await withRetry(
      (either) => silence.query(query, either),
      () => request.maxRetries,
      signal,
      { ...retryPauses, deadlineMs: settings.deadlineSeconds * 1000 },
    );
    const items = batch.series.map((series) => ({
      labels: series.labels,
      sample: sampleOf(outcomeOf(series, query, byRoute, windows)),
      /** Whether its requests rise, tested for each short span. Undefined: its window is fixed. */
      riseTests: query.lastSeconds && windows.test(series, query.window, linesIn(byRoute.get(series.route))),
    }));
    return { exchanges, items };
  } catch (thrown) {
    return { exchanges, error: toAdapterError(thrown) };
  }
}

/** Adds each query that passes through to `exchanges`. */
const recording = (logs: LogSource, exchanges: Exchange[]): LogSource => ({
  query: async (query, signal) => {
    const startMs = performance.now();
    const record = (answer: Exchange['answer']) =>
      exchanges.push({ query, elapsedMs: performance.now() - startMs, answer });
    try {
      const result = await logs.query(query, signal);
      record(result);
      return result;
    } catch (thrown) {
      record(toAdapterError(thrown));
      throw thrown;
    }
  },
});

function sampleOf(outcome: Outcome) {
  if (outcome.kind === 'failed') throw outcome.error;
  return outcome.sample;
}
