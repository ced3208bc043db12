import { externalMetricValueList } from '../../api/read/external-metrics.ts';
import { AdapterError } from '../../errors.ts';
import { windowSeconds } from '../../metric/sample.ts';
import { filterTexts } from '../../metric/series.ts';
import { enoughEvidence } from '../../reading/adaptive/rise-test.ts';
import { utcText } from '../time-text.ts';
import type { Exchange, ExplainedRun, Explanation } from './explanation.ts';

/** Further rows of an answer are only counted. */
const maxRows = 100;

/** Undefined keys are left out of the JSON. */
export function explanationJson(explanation: Explanation, namespace: string) {
  const { request, access, batch, query, key, settings } = explanation;
  const { metric } = request;
  const { window, plannedAtSeconds, everyRoute } = batch.query;
  return {
    metric: metric.name,
    unit: metric.unit,
    namespace,
    project: request.project,
    logstore: request.logstore,
    routes: request.routes ?? null,
    filters: filterTexts(request.filters),
    endpoint: { url: key.endpoint, from: explanation.endpointSource },
    window: {
      from: utcText(window.startSeconds),
      to: utcText(window.endSeconds),
      fromSeconds: window.startSeconds,
      toSeconds: window.endSeconds,
      plannedAt: utcText(plannedAtSeconds),
    },
    intervalSeconds: request.intervalSeconds,
    windowMode: key.windowMode,
    delay: { seconds: explanation.delaySeconds, from: explanation.delaySource },
    freshnessSeconds: settings.freshnessSeconds,
    refreshesIn15Seconds: settings.refreshesIn15Seconds,
    maxStaleSeconds: settings.maxStaleSeconds,
    maxRetries: request.maxRetries,
    deadlineSeconds: settings.deadlineSeconds,
    access: {
      allowed: access.refusal === undefined,
      ownRoutesOnly: access.ownRoutesOnly,
      allowedBy: access.allowedBy,
      refusal: access.refusal?.message,
      readers: explanation.readers,
    },
    batch: { ...key, everyRoute },
    query: query.query,
    queryWithoutCanaryColumn: explanation.queryWithoutCanary,
  };
}

export function runJson({ exchanges, items, error }: ExplainedRun, { request }: Explanation) {
  return {
    queries: exchanges.map(exchangeJson),
    riseTests: items?.some(({ riseTests }) => riseTests !== undefined)
      ? {
          enoughEvidence,
          items: items.map(({ labels, sample, riseTests }) => ({
            labels,
            windowSeconds: windowSeconds(sample.window),
            spans: riseTests,
          })),
        }
      : undefined,
    reading: items && externalMetricValueList(request.metric.name, items),
    error: error && { code: error.code, message: error.message },
  };
}

function exchangeJson({ query, elapsedMs, answer }: Exchange) {
  const sent = { query: query.query, elapsedMs: Math.round(elapsedMs) };
  if (answer instanceof AdapterError) {
    const { code, message } = answer;
    return { ...sent, progress: progressOf(answer), error: { code, message } };
  }
  const { rows, requestId, processedRows, processedBytes, serverElapsedMs } = answer;
  return {
    ...sent,
    progress: progressOf(answer),
    requestId,
    processedRows,
    processedBytes,
    serverElapsedMs,
    rowCount: rows.length,
    rows: rows.slice(0, maxRows),
  };
}

/** Returns the progress that SLS reported. Undefined if the answer has none. */
export function progressOf(answer: Exchange['answer']): 'Complete' | 'Incomplete' | undefined {
  if (!(answer instanceof AdapterError)) return 'Complete';
  return answer.code === 'SlsIncomplete' ? 'Incomplete' : undefined;
}
