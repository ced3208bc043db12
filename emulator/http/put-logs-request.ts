import { DecompressError, decodePutLogs } from '../ingest/put-logs.ts';
import type { LogRecord } from '../log-record.ts';
import { ServiceError } from '../service-error.ts';
import { checkRawSize, type ServiceRequest } from './request.ts';

const oldestSeconds = 7 * 24 * 3600;
const newestSeconds = 15 * 60;

/**
 * Reads the lines of PutLogs. Throws ServiceError 400 or 415.
 * https://www.alibabacloud.com/help/en/sls/developer-reference/api-sls-2020-12-30-putlogs
 */
export function readPutLogs(request: ServiceRequest, nowMs: number): readonly LogRecord[] {
  const { headers, body } = request;
  if (headers['content-type'] !== 'application/x-protobuf')
    throw new ServiceError(
      415,
      'InvalidContentType',
      `Content-Type ${headers['content-type'] ?? ''} is unsupported.`,
    );
  checkRawSize(request);
  const compressType = headers['x-log-compresstype'];
  const records = decoded(() =>
    decodePutLogs(body, {
      ...(compressType !== undefined && { compressType }),
      bodyRawSize: Number(headers['x-log-bodyrawsize']),
    }),
  );
  const nowSeconds = nowMs / 1000;
  const inRange = ({ timeSeconds }: LogRecord) =>
    timeSeconds >= nowSeconds - oldestSeconds && timeSeconds <= nowSeconds + newestSeconds;
  if (!records.every(inRange))
    throw new ServiceError(400, 'PostBodyInvalid', 'The post data time is out of range');
  return records;
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof DecompressError ? 'PostBodyUncompressError' : 'PostBodyInvalid';
    throw new ServiceError(400, code, message, { cause: error });
  }
}
