import { parameterInvalid, ServiceError } from '../service-error.ts';
import type { TimeRange } from '../store/logstore.ts';
import type { LogsQuery } from '../store/run-query.ts';
import type { HistogramQuery } from '../store/histogram.ts';
import { checkRawSize, readJsonObject, type ServiceRequest } from './request.ts';

const maxLines = 100;

/** The parameters of a query, as a request gives them. */
export type LogsParameters = Omit<LogsQuery, 'partial'>;

/** Reads the parameters of GetLogs from the query string. Throws ServiceError 400 if one is missing or invalid. */
export function readGetLogs({ query }: ServiceRequest): LogsParameters {
  return logsQuery((name) => query.get(name));
}

/** Reads the parameters of GetLogsV2 from the JSON body. Throws ServiceError 400 if one is missing or invalid. */
export function readGetLogsV2(request: ServiceRequest): LogsParameters {
  const { headers } = request;
  if (!(headers['content-type'] ?? '').startsWith('application/json'))
    throw new ServiceError(
      415,
      'InvalidContentType',
      `Content-Type ${headers['content-type'] ?? ''} is unsupported.`,
    );
  checkRawSize(request);
  const parameters = readJsonObject(request);
  return logsQuery((name) => (Object.hasOwn(parameters, name) ? parameters[name] : undefined));
}

/** Reads the parameters of GetHistograms from the query string. Throws ServiceError 400. */
export function readGetHistograms({ query }: ServiceRequest): HistogramQuery {
  const read = (name: string) => query.get(name);
  const intervalSeconds = wholeNumber('interval', read('interval') ?? 0);
  return { ...timeRange(read), query: read('query') ?? '', intervalSeconds };
}

/** `FROM name` or `FROM "name"`. */
const fromClause = /\bfrom\s+(?:"([^"]+)"|(\w+))/i;

/**
 * Reads GetProjectLogs: SQL alone, over the logstore that its first FROM names. Its time range is in the SQL, and a
 * semicolon may end it.
 * https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-getprojectlogs
 *
 * @throws ServiceError 400
 */
export function readGetProjectLogs(
  { query }: ServiceRequest,
  nowMs: number,
): { readonly logstore: string; readonly parameters: LogsParameters } {
  const sql = (query.get('query') ?? '').replace(/;\s*$/, '');
  const [, quoted, plain] = fromClause.exec(sql) ?? [];
  const logstore = quoted ?? plain;
  if (logstore === undefined) throw parameterInvalid('sql must name a logstore after FROM');
  if (!/\b__(time|date)__\b/.test(sql)) throw parameterInvalid('sql must limit __time__ or __date__');
  const toSeconds = Math.ceil(nowMs / 1000) + 24 * 3600;
  const range = { fromSeconds: 0, toSeconds, line: maxLines, offset: 0, reverse: false };
  return { logstore, parameters: { ...range, query: `* | ${sql}` } };
}

function timeRange(read: (name: string) => unknown): TimeRange {
  const fromSeconds = wholeNumber('from', read('from'));
  const toSeconds = wholeNumber('to', read('to'));
  if (toSeconds > fromSeconds) return { fromSeconds, toSeconds };
  throw new ServiceError(
    400,
    'InvalidTimeRange',
    `request time range is invalid, from: ${fromSeconds}, to: ${toSeconds}`,
  );
}

function logsQuery(read: (name: string) => unknown): LogsParameters {
  const range = timeRange(read);
  const query = read('query') ?? '';
  if (typeof query !== 'string') throw parameterInvalid('query must be a string');
  return {
    ...range,
    query,
    line: Math.min(wholeNumber('line', read('line') ?? maxLines), maxLines),
    offset: wholeNumber('offset', read('offset') ?? 0),
    reverse: ['true', 'True', true].includes(read('reverse') as string | boolean),
  };
}

function wholeNumber(name: string, value: unknown): number {
  if (value === undefined) throw parameterInvalid(`parameter ${name} is missing`);
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^\d{1,15}$/.test(text)) throw parameterInvalid(`The parameter ${name} must be a positive integer`);
  return Number(text);
}
