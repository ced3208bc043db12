import { parameterInvalid, ServiceError } from '../service-error.ts';
import type { ServiceRequest } from './request.ts';

/** The API calls that the emulator serves, by their names in the API reference of SLS. */
type CallName =
  | 'PutLogs'
  | 'GetLogs'
  | 'GetLogsV2'
  | 'GetHistograms'
  | 'GetProjectLogs'
  | 'ListLogStores'
  | 'GetLogStore'
  | 'CreateLogStore'
  | 'DeleteLogStore'
  | 'GetIndex'
  | 'CreateIndex';

interface Call {
  readonly name: CallName;
  /** Name of the logstore in the path, or ''. */
  readonly logstore: string;
}

/** By path, with `*` for the logstore. */
const calls: Readonly<Record<string, Readonly<Record<string, CallName>>>> = {
  '/logs': { GET: 'GetProjectLogs' },
  '/logstores': { GET: 'ListLogStores', POST: 'CreateLogStore' },
  '/logstores/*': { GET: 'GetLogStore', POST: 'PutLogs', DELETE: 'DeleteLogStore' },
  '/logstores/*/logs': { POST: 'GetLogsV2' },
  '/logstores/*/shards/lb': { POST: 'PutLogs' },
  '/logstores/*/shards/route': { POST: 'PutLogs' },
  '/logstores/*/index': { GET: 'GetIndex', POST: 'CreateIndex' },
};

/** `GET /logstores/*` is several calls, told apart by `type`. The TypeScript SDK adds `/index` to the path of a histogram. */
const reads: Readonly<Record<string, CallName>> = { log: 'GetLogs', histogram: 'GetHistograms' };

/** Returns the call that a request makes. Throws ServiceError 400, 404 or 405 if SLS or the emulator has none. */
export function callOf({ method, path, query }: ServiceRequest): Call {
  const [, logstore = ''] = /^\/logstores\/([^/]+)/.exec(path) ?? [];
  const methods = calls[logstore === '' ? path : path.replace(`/logstores/${logstore}`, '/logstores/*')];
  if (!methods) throw new ServiceError(404, 'InvalidPath', `path ${path} is not served`);
  const name = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!name) throw new ServiceError(405, 'MethodNotSupported', `method ${method} is not supported`);
  const type = query.get('type');
  if ((name !== 'GetLogStore' && name !== 'GetIndex') || type === undefined)
    return { name, logstore: decodeName(logstore) };
  const read = Object.hasOwn(reads, type) ? reads[type] : undefined;
  if (!read) throw parameterInvalid(`type ${type} is not supported`);
  return { name: read, logstore: decodeName(logstore) };
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw parameterInvalid(`logstore name ${text} is invalid`, { cause: error });
  }
}
