import type { HistogramPart } from '../store/histogram.ts';
import type { LogsResult } from '../store/run-query.ts';
import { jsonReply, type Reply } from './reply.ts';

export interface LogsOutcome {
  readonly result: LogsResult;
  readonly complete: boolean;
  readonly elapsedMs: number;
}

/** Returns the reply of GetLogsV2: `{meta, data}`. https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-getlogsv2 */
export function getLogsV2Reply({ result, complete, elapsedMs }: LogsOutcome): Reply {
  const reply = jsonReply({
    meta: {
      progress: progress(complete),
      aggQuery: result.aggQuery ?? '',
      whereQuery: result.whereQuery,
      hasSQL: result.aggQuery !== undefined,
      processedRows: result.processedRows,
      processedBytes: processedBytes(result),
      elapsedMillisecond: Math.round(elapsedMs),
      cpuSec: 0,
      cpuCores: 1,
      keys: result.keys,
      terms: [],
      limited: 0,
      marker: '',
      mode: 0,
      phraseQueryInfo: { scanAll: false, beginOffset: 0, endOffset: 0, endTime: 0 },
      shard: 0,
      scanBytes: 0,
      isAccurate: complete,
      columnTypes: result.columnTypes,
      highlights: [],
      count: result.rows.length,
      powerSql: false,
      insertedSQL: '',
      telementryType: '',
    },
    data: result.rows,
  });
  return { ...reply, compressible: true };
}

/** Returns the reply of GetLogs: a JSON array, with the metadata in headers. https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-getlogs */
export function getLogsReply({ result, complete, elapsedMs }: LogsOutcome): Reply {
  const info = {
    keys: result.keys,
    terms: [],
    limited: '0',
    marker: '',
    mode: 0,
    columnTypes: result.columnTypes,
  };
  return jsonReply(result.rows, {
    'x-log-progress': progress(complete),
    'x-log-count': String(result.rows.length),
    'x-log-processed-rows': String(result.processedRows),
    'x-log-processed-bytes': String(processedBytes(result)),
    'x-log-elapsed-millisecond': String(Math.round(elapsedMs)),
    'x-log-has-sql': String(result.aggQuery !== undefined),
    'x-log-where-query': headerText(result.whereQuery),
    'x-log-agg-query': headerText(result.aggQuery ?? ''),
    'x-log-query-info': headerText(JSON.stringify(info)),
    'x-log-cpu-sec': '0',
    'x-log-cpu-cores': '1',
    'x-log-limited': '0',
  });
}

/** Returns the reply of GetHistograms: a JSON array. https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-gethistograms */
export function getHistogramsReply(parts: readonly HistogramPart[]): Reply {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  return jsonReply(
    parts.map(({ fromSeconds, toSeconds, count }) => ({
      from: fromSeconds,
      to: toSeconds,
      count,
      progress: progress(true),
    })),
    { 'x-log-progress': progress(true), 'x-log-count': String(total) },
  );
}

const progress = (complete: boolean) => (complete ? 'Complete' : 'Incomplete');

/** An access log line in ACK's format has about 400 bytes. */
const processedBytes = (result: LogsResult) => result.processedRows * 400;

/** Encodes UTF-8 for a header: one character for each byte, on one line. */
const headerText = (text: string) =>
  Buffer.from(text.replace(/[\r\n\t]/g, ' '))
    .toString('latin1')
    .replace(/[^\x20-\x7e\x80-\xff]/g, ' ');
