import type { AccessKey } from './auth/credentials.ts';
import { verifySignature } from './auth/verify.ts';
import type { FaultSource } from './faults.ts';
import { callOf } from './http/calls.ts';
import { getHistogramsReply, getLogsReply, getLogsV2Reply, type LogsOutcome } from './http/logs-reply.ts';
import {
  readGetHistograms,
  readGetLogs,
  readGetLogsV2,
  readGetProjectLogs,
  type LogsParameters,
} from './http/logs-request.ts';
import {
  getIndexReply,
  getLogStoreReply,
  listLogStoresReply,
  readCreateIndex,
  readCreateLogStore,
} from './http/logstore-calls.ts';
import { readPutLogs } from './http/put-logs-request.ts';
import { emptyReply, errorReply, type Reply } from './http/reply.ts';
import { checkHeaders, type ServiceRequest } from './http/request.ts';
import type { Projects } from './projects.ts';
import type { QueryEngine } from './query-engine.ts';
import { ServiceError } from './service-error.ts';

interface SlsApiOptions {
  readonly projects: Projects;
  readonly engine: QueryEngine;
  readonly faults: FaultSource;
  /** The keys that exist; undefined: every request is accepted. */
  readonly accessKeys: readonly AccessKey[] | undefined;
  readonly nowMs: () => number;
}

/** The API of SLS. `http/calls.ts` lists its calls. */
export class SlsApi {
  readonly #options: SlsApiOptions;

  constructor(options: SlsApiOptions) {
    this.#options = options;
  }

  /** Throws a ServiceError for every request that SLS would refuse. */
  async answer(request: ServiceRequest, signal: AbortSignal): Promise<Reply> {
    checkHeaders(request);
    const { accessKeys, nowMs, projects } = this.#options;
    if (accessKeys) verifySignature(request, accessKeys, nowMs());
    const { project } = request;
    const { name, logstore } = callOf(request);
    const find = () => projects.findLogstore(project, logstore);
    switch (name) {
      case 'GetLogs':
        return this.#query(project, logstore, () => readGetLogs(request), getLogsReply, signal);
      case 'GetLogsV2':
        return this.#query(project, logstore, () => readGetLogsV2(request), getLogsV2Reply, signal);
      case 'GetProjectLogs': {
        const { logstore: from, parameters } = readGetProjectLogs(request, nowMs());
        return this.#query(project, from, () => parameters, getLogsReply, signal);
      }
      case 'GetHistograms': {
        const counted = this.#options.engine.histogram(find(), readGetHistograms(request), signal);
        return getHistogramsReply(await counted);
      }
      case 'PutLogs':
        await find().append(readPutLogs(request, nowMs()));
        return emptyReply;
      case 'ListLogStores':
        return listLogStoresReply(request, projects.find(project));
      case 'GetLogStore':
        return getLogStoreReply(find());
      case 'GetIndex':
        return getIndexReply(find());
      case 'CreateLogStore':
        projects.createLogstore(project, readCreateLogStore(request));
        return emptyReply;
      case 'DeleteLogStore':
        projects.deleteLogstore(project, logstore);
        return emptyReply;
      case 'CreateIndex':
        projects.createIndex(project, logstore, readCreateIndex(request));
        return emptyReply;
    }
  }

  async #query(
    projectName: string,
    logstoreName: string,
    read: () => LogsParameters,
    toReply: (outcome: LogsOutcome) => Reply,
    signal: AbortSignal,
  ): Promise<Reply> {
    const project = this.#options.projects.find(projectName);
    const logstore = this.#options.projects.findLogstore(projectName, logstoreName);
    const faults = this.#options.faults.next();
    const query = { ...read(), partial: faults.incomplete === true };
    try {
      const outcome = await this.#options.engine.run(project, logstore, query, faults, signal);
      return { ...toReply(outcome), faults };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return { ...errorReply(error), faults };
    }
  }
}
