import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import type { LogQuery, LogSource } from '../../src/sls/client.ts';
import type { LogResult } from '../../src/sls/read-reply.ts';

/** A query that the test ends. It ignores its signal. */
interface HeldLogQuery {
  readonly query: LogQuery;
  answer(): void;
  fail(code: ErrorCode): void;
}

/** An SLS that the test controls. */
export class HeldLogs implements LogSource {
  readonly sent: HeldLogQuery[] = [];

  query(query: LogQuery): Promise<LogResult> {
    const { promise, resolve, reject } = Promise.withResolvers<LogResult>();
    this.sent.push({
      query,
      answer: () =>
        resolve({
          rows: [],
          columnTypes: new Map(),
          requestId: undefined,
          processedRows: 0,
          processedBytes: 0,
          serverElapsedMs: 0,
          serverTimeMs: undefined,
        }),
      fail: (code) => reject(new AdapterError(code, 'held')),
    });
    return promise;
  }
}
