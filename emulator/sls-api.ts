import type { AccessKey } from './auth/credentials.ts';
import { verifySignature } from './auth/verify.ts';
import type { Faults, FaultSource } from './faults.ts';
import { getLogsReply, getLogsV2Reply } from './http/logs-reply.ts';
import { readGetLogs, readGetLogsV2 } from './http/logs-request.ts';
import { jsonReply, type Reply } from './http/reply.ts';
import { checkHeaders, type ServiceRequest } from './http/request.ts';
import { decodePutLogs } from './ingest/put-logs.ts';
import type { Project, QueryEngine } from './query-engine.ts';
import { ServiceError } from './service-error.ts';
import type { Logstore } from './store/logstore.ts';

export interface SlsApiOptions {
  readonly projects: ReadonlyMap<string, Project>;
  readonly engine: QueryEngine;
  readonly faults: FaultSource;
  readonly accessKey: AccessKey | undefined;
  readonly nowMs: () => number;
}

/** A reply, and the faults to apply while it is sent. */
export interface Answer {
  readonly reply: Reply;
  readonly faults: Faults;
}

/** The API calls of SLS that the emulator serves: PutLogs, GetLogs, GetLogsV2. */
export class SlsApi {
  readonly #options: SlsApiOptions;

  constructor(options: SlsApiOptions) {
    this.#options = options;
  }

  /** Throws a ServiceError for every request that SLS would refuse. */
  async answer(request: ServiceRequest, signal: AbortSignal): Promise<Answer> {
    checkHeaders(request);
    const { accessKey, nowMs } = this.#options;
    if (accessKey) verifySignature(request, accessKey, nowMs());
    const route = /^\/logstores\/([^/]+)(\/logs)?$/.exec(request.path);
    if (!route) throw new ServiceError(404, 'InvalidPath', `path ${request.path} is not served`);
    const project = this.#options.projects.get(request.project);
    if (!project)
      throw new ServiceError(404, 'ProjectNotExist', `The Project does not exist : ${request.project}`);
    const call = `${request.method} ${route[2] ?? ''}`.trim();
    const name = decodeName(route[1] ?? '');
    const logstore = () => {
      const found = project.logstores.get(name);
      if (found) return found;
      throw new ServiceError(404, 'LogStoreNotExist', `logstore ${name} does not exist`);
    };
    if (call === 'POST /logs') return this.#query(request, project, logstore(), signal, true);
    if (call === 'GET') return this.#query(request, project, logstore(), signal, false);
    if (call === 'POST') return { reply: await putLogs(request, logstore()), faults: {} };
    throw new ServiceError(405, 'MethodNotSupported', `method ${request.method} is not supported`);
  }

  async #query(
    request: ServiceRequest,
    project: Project,
    logstore: Logstore,
    signal: AbortSignal,
    isV2: boolean,
  ): Promise<Answer> {
    const faults = this.#options.faults.next();
    const parameters = isV2 ? readGetLogsV2(request) : readGetLogs(request);
    const query = { ...parameters, partial: faults.incomplete === true };
    const outcome = await this.#options.engine.run(project, logstore, query, faults, signal);
    return { reply: isV2 ? getLogsV2Reply(outcome) : getLogsReply(outcome), faults };
  }
}

async function putLogs({ headers, body }: ServiceRequest, logstore: Logstore): Promise<Reply> {
  if (headers['content-type'] !== 'application/x-protobuf')
    throw new ServiceError(
      415,
      'InvalidContentType',
      `Content-Type ${headers['content-type'] ?? ''} is unsupported.`,
    );
  const compressType = headers['x-log-compresstype'];
  const records = decoded(() =>
    decodePutLogs(body, {
      ...(compressType !== undefined && { compressType }),
      bodyRawSize: Number(headers['x-log-bodyrawsize']),
    }),
  );
  await logstore.append(records);
  return { ...jsonReply(''), body: '' };
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ServiceError(400, 'PostBodyInvalid', message, { cause: error });
  }
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new ServiceError(400, 'ParameterInvalid', `logstore name ${text} is invalid`, { cause: error });
  }
}
