import { AdapterError, toAdapterError } from '../errors.ts';
import { isIngressLog } from '../metric/log-kind.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import { logQuery } from '../sls/client.ts';
import type { LogResult, Row } from '../sls/read-reply.ts';
import { decodeCount } from '../sls/decode.ts';
import type { LogstoreAddress } from '../sls/endpoint.ts';
import { logstoreName } from '../metric/series.ts';
import type { Window } from '../metric/sample.ts';
import { timeCondition } from '../sls/query-text.ts';
import type { DoctorDependencies, Examination, Probe } from './examination.ts';

const hourSeconds = 3600;
export const defaultReach = [hourSeconds, 600, 60] as const;

/** Attempts when SLS is busy, and the pause between them. */
const maxAttempts = 3;
const pauseMs = 1000;

/** A query, or one that is made with the time condition of its SQL. A search without SQL has none. */
type RangedQuery = string | ((during: string) => string);

/**
 * Queries the target's logstore, or another one, as `inReach` does.
 *
 * @throws AdapterError with one of the codes of SLS
 */
export async function queryLogstore(
  { dependencies, facts }: Examination,
  query: RangedQuery,
  signal: AbortSignal,
  reachSeconds: readonly number[] = defaultReach,
  address: LogstoreAddress = facts.get('target').address,
): Promise<LogResult & { readonly reachSeconds: number; readonly throttled: number }> {
  const send = (window: Window) => {
    const text = typeof query === 'string' ? query : query(timeCondition(window));
    return facts.get('sls').gates.query(logQuery(address, window, text), signal);
  };
  const { result, ...how } = await inReach(send, dependencies, signal, reachSeconds);
  return { ...result, ...how };
}

/**
 * Sends a query with retries.
 *
 * @param reachSeconds time ranges that end now, tried in this order while SLS cannot finish in time
 * @returns also the time range, and how often SLS had no free slot before
 */
export async function inReach<T>(
  send: (window: Window) => Promise<T>,
  { clock, pause }: Pick<DoctorDependencies, 'clock' | 'pause'>,
  signal: AbortSignal,
  reachSeconds: readonly number[] = defaultReach,
) {
  const reaches = [...reachSeconds];
  let throttled = 0;
  for (;;) {
    const reach = reaches[0] ?? hourSeconds;
    const endSeconds = Math.floor(clock.now() / 1000) + 1;
    try {
      const result = await send({ startSeconds: endSeconds - reach, endSeconds });
      return { result, reachSeconds: reach, throttled };
    } catch (thrown) {
      const error = toAdapterError(thrown);
      if (error.code === 'SlsThrottled' && ++throttled < maxAttempts) await pause(pauseMs, signal);
      else if (error.code === 'SlsIncomplete' && reaches.length > 1) reaches.shift();
      else throw error;
      signal.throwIfAborted();
    }
  }
}

/** Sends the first query: the number of lines and the time of the last one. */
export async function probeLogstore(examination: Examination, signal: AbortSignal): Promise<Probe> {
  try {
    const query = (during: string) =>
      `* | SELECT count(*) AS lines, max(__time__) AS newest FROM log WHERE ${during} LIMIT 1`;
    const { rows, reachSeconds, throttled } = await queryLogstore(examination, query, signal);
    const [row] = rows;
    if (row?.['lines'] === undefined) return { error: withoutSql(examination), isSqlRefused: true };
    const newestSeconds = countIn(row, 'newest') || undefined;
    return { error: undefined, reachSeconds, throttled, lines: countIn(row, 'lines'), newestSeconds };
  } catch (thrown) {
    const error = toAdapterError(thrown);
    const mayBeSql = error.code === 'QueryRefused' || error.code === 'IndexMissing';
    return { error, isSqlRefused: mayBeSql && (await answersSearch(examination, signal)) };
  }
}

const withoutSql = ({ facts }: Examination) =>
  new AdapterError(
    'QueryRefused',
    `SLS, ${logstoreName(facts.get('target').address)}: the answer has lines instead of the result of the SQL`,
  );

/** Returns whether the logstore answers a search without SQL. */
async function answersSearch(examination: Examination, signal: AbortSignal): Promise<boolean> {
  try {
    await queryLogstore(examination, '*', signal, [1]);
    return true;
  } catch {
    return false;
  }
}

/** Returns a count of a row. It is 0 where SLS has no value, as for an aggregate over no lines. */
export function countIn(row: Row | undefined, alias: string): number {
  const text = row?.[alias];
  return text === undefined || text === 'null' ? 0 : decodeCount(text, alias);
}

/** Returns the ingress log of the metric. Undefined for a metric that the configuration defines, with its own log. */
export const ingressLogOf = ({ metric: { logKind } }: MetricRequest) =>
  isIngressLog(logKind) ? logKind : undefined;
