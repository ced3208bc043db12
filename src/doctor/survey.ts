import { toAdapterError } from '../errors.ts';
import { type IngressLogKind, ingressLogs, type IngressLogFormat } from '../metric/log-kind.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { LogResult, Row } from '../sls/client.ts';
import { decodeNumber } from '../sls/decode.ts';
import type { Examination, Probe } from './examination.ts';

/** A question about the lines of the last minutes or hour. */
export interface Survey {
  readonly query: string;
  /** How far back; tried one after the other where SLS does not get through in time. */
  readonly reachSeconds?: readonly number[];
}

export interface Surveyed extends LogResult {
  readonly reachSeconds: number;
  /** How often SLS had no slot free before. */
  readonly throttled: number;
}

const hourSeconds = 3600;
export const usualReach = [hourSeconds, 600, 60] as const;

/** Tries where SLS is too busy, and the pause between them. */
const tries = 3;
const pauseMs = 1000;

/**
 * Asks the logstore of the target, patiently.
 *
 * @throws AdapterError one of the codes of SLS
 */
export async function survey(
  examination: Examination,
  { query, reachSeconds = usualReach }: Survey,
  signal: AbortSignal,
): Promise<Surveyed> {
  const { around, facts } = examination;
  const { address } = facts.get('target');
  const reaches = [...reachSeconds];
  let throttled = 0;
  for (;;) {
    const reach = reaches[0] ?? hourSeconds;
    const toSeconds = Math.floor(around.clock.now() / 1000) + 1;
    try {
      const asked = { ...address, fromSeconds: toSeconds - reach, toSeconds, query };
      const result = await facts.get('sls').gates.query(asked, signal);
      return { ...result, reachSeconds: reach, throttled };
    } catch (thrown) {
      const error = toAdapterError(thrown);
      if (error.code === 'SlsThrottled' && ++throttled < tries) await around.pause(pauseMs, signal);
      else if (error.code === 'SlsIncomplete' && reaches.length > 1) reaches.shift();
      else throw error;
      signal.throwIfAborted();
    }
  }
}

/** The first query: how many lines there are, and when the last one was. */
export async function probeLogstore(examination: Examination, signal: AbortSignal): Promise<Probe> {
  try {
    const query = '* | SELECT count(*) AS lines, max(__time__) AS newest FROM log LIMIT 1';
    const { rows, reachSeconds, throttled } = await survey(examination, { query }, signal);
    const newestSeconds = countIn(rows[0], 'newest') || undefined;
    return { error: undefined, reachSeconds, throttled, lines: countIn(rows[0], 'lines'), newestSeconds };
  } catch (thrown) {
    return { error: toAdapterError(thrown) };
  }
}

/** A number of a row; 0 where SLS has none, as over no lines. */
export function countIn(row: Row | undefined, alias: string): number {
  const text = row?.[alias];
  return text === undefined || text === 'null' ? 0 : decodeNumber(text, alias);
}

/** The kind of access log that a metric is of, and what its columns are called. */
export interface IngressLog {
  readonly logKind: IngressLogKind;
  readonly columns: IngressLogFormat;
}

/** @returns undefined for a metric of the configuration: it is of a log of its own */
export const ingressLogOf = ({
  metric: { logKind },
}: Pick<MetricRequest, 'metric'>): IngressLog | undefined =>
  typeof logKind === 'string' ? { logKind, columns: ingressLogs[logKind] } : undefined;
