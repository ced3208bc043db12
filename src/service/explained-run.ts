import { toAdapterError, type AdapterError } from '../errors.ts';
import { seriesLabels } from '../metric/series.ts';
import type { Outcome } from '../metric/sample.ts';
import { outcomeOf } from '../reading/plan.ts';
import type { ReadingItem } from '../reading/reader.ts';
import { withRetry } from '../reading/retry.ts';
import { AggregateSource } from '../sls/aggregate-source.ts';
import type { LogQuery, LogResult, LogSource } from '../sls/client.ts';
import type { Explanation } from './explanation.ts';
import type { ReadingStack } from './reading-stack.ts';

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
      sample: sampleOf(outcomeOf(series, batch.query.window, result)),
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
