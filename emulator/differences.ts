import type { LogsOutcome } from './http/logs-reply.ts';
import type { ServiceError } from './service-error.ts';
import type { LogsQuery } from './store/run-query.ts';

/** Where a test makes the emulator differ from SLS on purpose, to prove that a check of SLS notices it. */
export interface Differences {
  /** Changes a query before it runs. */
  readonly query?: (query: LogsQuery) => LogsQuery;
  /** Changes the answer to a query. */
  readonly outcome?: (outcome: LogsOutcome, query: LogsQuery) => LogsOutcome;
  /** Changes the error of a query, or answers in its place. */
  readonly error?: (error: ServiceError, query: LogsQuery) => ServiceError | LogsOutcome;
}
