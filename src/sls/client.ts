import { AdapterError, toAdapterError, type ErrorCode } from '../errors.ts';
import type { Window } from '../metric/sample.ts';
import { isSameKey, type Credentials, type CredentialSource } from './credentials/credentials.ts';
import type { Endpoint, LogstoreAddress } from './endpoint.ts';
import type { LogResult } from './read-reply.ts';
import type { SdkClient } from './sdk-client.ts';
import { Transport, type TransportSettings } from './transport.ts';

export interface LogQuery extends LogstoreAddress {
  /** Unix seconds; the range is `[fromSeconds, toSeconds)`. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** `search | SELECT …`; a SELECT needs an explicit LIMIT, else SLS cuts the rows at its default. */
  readonly query: string;
  /** The namespaces that the query serves: they take turns. Default: the adapter asks for itself. More may join while it waits. */
  readonly namespaces?: ReadonlySet<string>;
  /** Whether it waits until no other query of its project does. Its failures say nothing about those. */
  readonly isBackground?: boolean;
  /** IDs of the first 20 reads that wait for the query, for the log; none for a refresh. Reads may join while it runs. */
  readonly readIds?: readonly string[];
}

const minuteSeconds = 60;

/**
 * Returns the query of a window. `from` and `to` are whole minutes around it, because SLS promises a complete result only
 * for these; a time condition in the SQL decides. Source: SLS, "GetLogsV2", `from` and `to`.
 *
 * @param query with the condition `timeCondition(window)` wherever it reads `log`
 */
export const logQuery = (
  { endpoint, project, logstore }: LogstoreAddress,
  { startSeconds, endSeconds }: Window,
  query: string,
): LogQuery => ({
  ...{ endpoint, project, logstore, query },
  fromSeconds: Math.floor(startSeconds / minuteSeconds) * minuteSeconds,
  toSeconds: Math.ceil(endSeconds / minuteSeconds) * minuteSeconds,
});

export interface SlsObserver {
  /** Called once for every query that is sent, also if it fails. */
  slsQueryFinished(
    event: Pick<LogQuery, 'project' | 'logstore' | 'readIds'> &
      Pick<LogResult, 'processedRows' | 'processedBytes'> & {
        readonly outcome: 'ok' | ErrorCode;
        /** By the monotonic clock, so never negative. */
        readonly durationMs: number;
        /** `x-log-requestid`; undefined if SLS did not answer. */
        readonly slsRequestId?: string | undefined;
      },
  ): void;
}

/** Runs one query against one logstore. The result is complete, or there is an error. */
export interface LogSource {
  /** @throws AdapterError with one of the codes of SLS in `errors.ts`; `SlsIncomplete` for a partial result */
  query(query: LogQuery, signal: AbortSignal): Promise<LogResult>;
}

/**
 * Calls GetLogsV2 with the SDK: one SDK client per endpoint, one pool of connections for all. Every error of SLS, the
 * SDK and the network becomes an AdapterError here and in the files below (`sdk-client`, `transport`).
 */
export class SlsClient implements LogSource {
  readonly #credentialsOf: (project: string) => CredentialSource;
  readonly #transport: Transport;
  readonly #observer: SlsObserver;
  /**
   * By URL of the endpoint: the configuration bounds how many there are.
   *
   * @bound three for each entry of `projects` | - | - | `projects`
   */
  readonly #clients = new Map<string, SdkClient>();
  #newClient: ReturnType<typeof loadSdk> | undefined;

  constructor(
    credentialsOf: (project: string) => CredentialSource,
    settings: TransportSettings,
    observer: SlsObserver,
  ) {
    this.#credentialsOf = credentialsOf;
    this.#transport = new Transport(settings);
    this.#observer = observer;
  }

  /** If SLS refuses the key and there is a new one, the query is sent once more with that. */
  async query(query: LogQuery, signal: AbortSignal): Promise<LogResult> {
    const source = this.#credentialsOf(query.project);
    const credentials = await this.#told(query, () => source.current());
    try {
      return await this.#send(query, credentials, signal);
    } catch (error) {
      if (!(error instanceof AdapterError) || error.code !== 'CredentialsRefused') throw error;
      source.refused?.(credentials);
      const renewed = await this.#told(query, () => source.current());
      if (isSameKey(renewed, credentials)) throw error;
      return this.#send(query, renewed, signal);
    }
  }

  close(): void {
    this.#transport.close();
  }

  #send(query: LogQuery, credentials: Credentials, signal: AbortSignal): Promise<LogResult> {
    return this.#told(query, async (finished) => {
      const client = await this.#clientOf(query.endpoint);
      const result = await client.queryLogs(query, credentials, signal);
      finished('ok', result.requestId, result);
      return result;
    });
  }

  /** Tells the observer of work that fails, or that calls `finished`. */
  async #told<T>(
    { project, logstore, readIds = [] }: LogQuery,
    work: (finished: Finished) => Promise<T>,
  ): Promise<T> {
    const startMs = performance.now();
    const finished: Finished = (outcome, slsRequestId, { processedRows, processedBytes } = {}) => {
      const durationMs = performance.now() - startMs;
      const event = { project, logstore, outcome, durationMs, processedRows, processedBytes, slsRequestId };
      this.#observer.slsQueryFinished({ ...event, readIds: [...readIds] });
    };
    try {
      return await work(finished);
    } catch (thrown) {
      const error = toAdapterError(thrown);
      finished(error.code, error.slsRequestId);
      throw error;
    }
  }

  async #clientOf(endpoint: Endpoint): Promise<SdkClient> {
    const newClient = await (this.#newClient ??= loadSdk(this.#transport));
    const key = endpoint.url;
    const client = this.#clients.get(key) ?? newClient(endpoint);
    this.#clients.set(key, client);
    return client;
  }
}

type Finished = (
  outcome: 'ok' | ErrorCode,
  slsRequestId: string | undefined,
  result?: Partial<LogResult>,
) => void;

/** Called at the first query: the SDK takes 26 MB and 300 ms, which discovery must not wait for. */
async function loadSdk(transport: Transport): Promise<(endpoint: Endpoint) => SdkClient> {
  const { SdkClient } = await import('./sdk-client.ts');
  const { ReplyRooms } = await import('./large-replies.ts');
  const rooms = new ReplyRooms();
  return (endpoint) => new SdkClient(endpoint, transport, rooms);
}
