import type { Differences } from '../../../emulator/differences.ts';
import { ServiceError } from '../../../emulator/service-error.ts';
import type { LogSource } from '../../../src/sls/client.ts';
import type { LogResult } from '../../../src/sls/read-reply.ts';

/** How SLS could differ in one thing. */
export interface Difference extends Differences {
  /** Changes what the emulator cannot be made to do: headers, and requests that it refuses before it runs them. */
  readonly onTheWay?: (logs: LogSource) => LogSource;
}

/** SLS computes another expression in place of this one. */
export function computes(from: string, to: string): Difference {
  return {
    query: (query) => {
      if (!query.query.includes(from)) throw new Error(`no ${from} in ${query.query}`);
      return { ...query, query: query.query.replaceAll(from, to) };
    },
  };
}

/** SLS answers other rows. */
export const rows = (change: (rows: readonly Row[]) => readonly Row[]): Difference => ({
  outcome: (outcome) => ({ ...outcome, result: { ...outcome.result, rows: change(outcome.result.rows) } }),
});

type Row = Readonly<Record<string, string>>;

/** SLS prints this value in another way. */
export const prints = (from: string, to: string): Difference =>
  rows((found) =>
    found.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === from ? to : value])),
    ),
  );

/** SLS names this type of columns in another way. */
export const types = (from: string, to: string): Difference => ({
  outcome: (outcome) => {
    const columnTypes = outcome.result.columnTypes.map((type) => (type === from ? to : type));
    return { ...outcome, result: { ...outcome.result, columnTypes } };
  },
});

/** SLS refuses what it should run, or refuses in another way. */
export const refuses = (message: string, status = 400, code = 'ParameterInvalid'): Difference => {
  const refusal = () => new ServiceError(status, code, message);
  return {
    outcome: () => {
      throw refusal();
    },
    error: refusal,
  };
};

/** SLS reads other seconds than asked. */
export const reads = (startSeconds: number, endSeconds: number): Difference => ({
  query: (query) => ({
    ...query,
    fromSeconds: query.fromSeconds + startSeconds,
    toSeconds: query.toSeconds + endSeconds,
  }),
});

/** The reply lacks something, or has something else. */
export const replies = (change: Partial<LogResult>): Difference => ({
  onTheWay: (logs) => ({
    query: async (query, signal) => ({ ...(await logs.query(query, signal)), ...change }),
  }),
});

/** SLS answers what it should refuse. */
export const answers = (): Difference => ({
  onTheWay: () => ({
    query: () =>
      Promise.resolve({
        rows: [{ c: '0' }],
        columnTypes: new Map(),
        requestId: 'A1',
        processedRows: 0,
        processedBytes: 0,
        serverElapsedMs: 0,
        serverTimeMs: 0,
      }),
  }),
});
