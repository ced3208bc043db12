import { parameterInvalid, ServiceError } from '../service-error.ts';
import type { LogsQuery } from '../store/run-query.ts';
import type { ServiceRequest } from './request.ts';

const maxLines = 100;

/** Reads the parameters of GetLogs from the query string. Throws ServiceError 400 if one is missing or invalid. */
export function readGetLogs({ query }: ServiceRequest): Omit<LogsQuery, 'partial'> {
  if (query.get('type') !== 'log') throw parameterInvalid('type must be log');
  return logsQuery((name) => query.get(name));
}

/** Reads the parameters of GetLogsV2 from the JSON body. Throws ServiceError 400 if one is missing or invalid. */
export function readGetLogsV2({ body, headers }: ServiceRequest): Omit<LogsQuery, 'partial'> {
  if (!(headers['content-type'] ?? '').startsWith('application/json'))
    throw new ServiceError(
      415,
      'InvalidContentType',
      `Content-Type ${headers['content-type'] ?? ''} is unsupported.`,
    );
  const parameters = parseObject(body.toString('utf8'));
  return logsQuery((name) => (Object.hasOwn(parameters, name) ? parameters[name] : undefined));
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new ServiceError(400, 'PostBodyInvalid', 'body is not a JSON object', { cause: error });
  }
  throw new ServiceError(400, 'PostBodyInvalid', 'body is not a JSON object');
}

function logsQuery(read: (name: string) => unknown): Omit<LogsQuery, 'partial'> {
  const fromSeconds = wholeNumber('from', read('from'));
  const toSeconds = wholeNumber('to', read('to'));
  if (toSeconds <= fromSeconds)
    throw new ServiceError(
      400,
      'InvalidTimeRange',
      `request time range is invalid, from: ${fromSeconds}, to: ${toSeconds}`,
    );
  const line = wholeNumber('line', read('line') ?? maxLines);
  if (line > maxLines) throw parameterInvalid(`line ${line} is invalid, it must be in [0, ${maxLines}]`);
  const query = read('query') ?? '';
  if (typeof query !== 'string') throw parameterInvalid('query must be a string');
  return {
    fromSeconds,
    toSeconds,
    query,
    line,
    offset: wholeNumber('offset', read('offset') ?? 0),
    reverse: ['true', 'True', true].includes(read('reverse') as string | boolean),
  };
}

function wholeNumber(name: string, value: unknown): number {
  if (value === undefined) throw parameterInvalid(`parameter ${name} is missing`);
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^\d{1,15}$/.test(text)) throw parameterInvalid(`parameter ${name} is invalid: ${text}`);
  return Number(text);
}
