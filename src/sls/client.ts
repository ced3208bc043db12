import type { GetLogsV2Response } from '@alicloud/sls20201230';
import { AdapterError, toAdapterError, type ErrorCode } from '../errors.ts';
import { parseDateHeader } from './clock-check.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import { logstoreName, type LogstoreAddress } from './logstore-address.ts';
import type { SdkClient } from './sdk-client.ts';
import { SlsHttpError } from './sls-http-error.ts';
import { slsFailureToError } from './sls-error.ts';
import { Transport, type TransportSettings } from './transport.ts';

export interface LogQuery extends LogstoreAddress {
  /** Unix seconds; the range is `[fromSeconds, toSeconds)`. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** `search | SELECT …`; with SELECT, an explicit LIMIT bounds the rows. */
  readonly query: string;
  /** What those call their reads who wait for it, for the log; more may come while it is under way. */
  readonly readIds?: readonly string[];
}

/** Rows as SLS sends them: every value is text, NULL is the text `null`. */
export type Row = Readonly<Record<string, string>>;

export interface LogResult {
  readonly rows: readonly Row[];
  readonly requestId: string | undefined;
  /** Log lines that the query read, as SLS reports it. */
  readonly processedRows: number | undefined;
  readonly processedBytes: number | undefined;
  /** How long SLS says that it took. */
  readonly serverElapsedMs: number | undefined;
  /** When SLS answered by its own clock, Unix ms of a whole second; undefined where the reply does not say. */
  readonly serverTimeMs: number | undefined;
}

/** What is told of every query sent: one call each, also for a failed one. */
export interface SlsObserver {
  slsQueryFinished(event: {
    readonly project: string;
    readonly logstore: string;
    readonly outcome: 'ok' | ErrorCode;
    /** Of the monotonic clock: a step of the other makes no time negative. */
    readonly durationMs: number;
    /** As SLS reports them; undefined where it does not, or the query failed. */
    readonly processedRows: number | undefined;
    readonly processedBytes: number | undefined;
    /** `x-log-requestid`; undefined where SLS did not answer. */
    readonly slsRequestId?: string | undefined;
    /** Of the reads that wait for it, the first 20; none where it refreshes what is wanted. */
    readonly readIds?: readonly string[];
  }): void;
}

/** One query against one logstore; complete results or an error, never anything between. */
export interface LogSource {
  /** @throws AdapterError one of the codes of SLS in `errors.ts`; `SlsIncomplete` for a partial result */
  query(query: LogQuery, signal: AbortSignal): Promise<LogResult>;
}

/** GetLogsV2 over the SDK: one SDK client an endpoint and identity, one pool of connections for all. */
export class SlsClient implements LogSource {
  readonly #credentialsOf: (project: string) => CredentialSource;
  readonly #transport: Transport;
  readonly #observer: SlsObserver;
  readonly #clients = new Map<CredentialSource, Map<string, SdkClient>>();
  #sdk: Promise<{ readonly SdkClient: typeof SdkClient }> | undefined;

  /** @param credentialsOf gives projects of one identity the same source */
  constructor(
    credentialsOf: (project: string) => CredentialSource,
    settings: TransportSettings,
    observer: SlsObserver,
  ) {
    this.#credentialsOf = credentialsOf;
    this.#transport = new Transport(settings);
    this.#observer = observer;
  }

  async query(query: LogQuery, signal: AbortSignal): Promise<LogResult> {
    const { project, logstore, readIds = [] } = query;
    const startMs = performance.now();
    const finished = (outcome: 'ok' | ErrorCode, slsRequestId: string | undefined, result?: LogResult) =>
      this.#observer.slsQueryFinished({
        project,
        logstore,
        outcome,
        durationMs: performance.now() - startMs,
        processedRows: result?.processedRows,
        processedBytes: result?.processedBytes,
        slsRequestId,
        readIds: [...readIds],
      });
    try {
      const result = readReply(await this.#send(query, signal), logstoreName(query));
      finished('ok', result.requestId, result);
      return result;
    } catch (thrown) {
      const error = toQueryError(thrown, query);
      finished(error.code, error.slsRequestId);
      throw error;
    }
  }

  close(): void {
    this.#transport.close();
  }

  async #send(
    { endpoint, project, logstore, ...query }: LogQuery,
    signal: AbortSignal,
  ): Promise<GetLogsV2Response> {
    const source = this.#credentialsOf(project);
    const credentials = await source.current();
    const client = await this.#clientOf(endpoint, source);
    const request = { from: query.fromSeconds, to: query.toSeconds, query: query.query };
    try {
      return await client.queryLogs(project, logstore, request, credentials, signal);
    } catch (thrown) {
      const error = toQueryError(thrown, { project, logstore }, credentials);
      if (error.code === 'CredentialsRefused') {
        this.#clients.delete(source);
        source.refused?.(credentials);
      }
      throw error;
    }
  }

  /** The SDK costs 26 MB and 300 ms, so it is loaded by the first query: discovery does not wait for it. */
  async #clientOf(endpoint: Endpoint, source: CredentialSource): Promise<SdkClient> {
    this.#sdk ??= import('./sdk-client.ts');
    const { SdkClient } = await this.#sdk;
    const clients = this.#clients.get(source) ?? new Map<string, SdkClient>();
    this.#clients.set(source, clients);
    const key = `${endpoint.protocol}://${endpoint.authority}`;
    const client = clients.get(key) ?? new SdkClient(endpoint, this.#transport);
    clients.set(key, client);
    return client;
  }
}

function readReply({ headers, body }: GetLogsV2Response, place: string): LogResult {
  const requestId = headers?.['x-log-requestid'];
  const meta = body?.meta;
  const rows: unknown = body?.data;
  if (meta?.progress === 'Incomplete') {
    throw new AdapterError(
      'SlsIncomplete',
      `SLS, ${place}: the result is incomplete (request ${requestId ?? '?'})`,
      { slsRequestId: requestId },
    );
  }
  if (meta?.progress !== 'Complete' || !isRows(rows)) {
    throw new AdapterError(
      'SlsReplyInvalid',
      `SLS, ${place}: the reply has no complete result (request ${requestId ?? '?'})`,
      { slsRequestId: requestId },
    );
  }
  if (meta.count !== undefined && meta.count !== rows.length) {
    throw new AdapterError(
      'SlsReplyInvalid',
      `SLS, ${place}: the reply has ${rows.length} of ${meta.count} rows (request ${requestId ?? '?'})`,
      { slsRequestId: requestId },
    );
  }
  const serverTimeMs = parseDateHeader(headers?.['date']);
  const { processedRows, processedBytes, elapsedMillisecond: serverElapsedMs } = meta;
  return { rows, requestId, processedRows, processedBytes, serverElapsedMs, serverTimeMs };
}

/** @returns whether the value is a list of text maps, as SLS documents its rows */
function isRows(value: unknown): value is Row[] {
  const isRow = (row: unknown) =>
    typeof row === 'object' && row !== null && Object.values(row).every((text) => typeof text === 'string');
  return Array.isArray(value) && value.every(isRow);
}

/** @param used what the query was signed with: no error repeats it, whatever SLS does */
function toQueryError(
  thrown: unknown,
  place: { readonly project: string; readonly logstore: string },
  used?: Credentials,
): AdapterError {
  if (thrown instanceof AdapterError) return thrown;
  const name = logstoreName(place);
  if (thrown instanceof SlsHttpError) {
    const { statusCode, headers, body } = thrown;
    const requestId = headers['x-log-requestid'];
    const { errorCode, errorMessage } = errorBody(body);
    return slsFailureToError(
      {
        statusCode,
        errorCode,
        errorMessage: withoutKey(errorMessage, used),
        requestId: Array.isArray(requestId) ? requestId[0] : requestId,
      },
      name,
      new Error(thrown.message),
    );
  }
  // A SyntaxError quotes the reply, which may begin with anything.
  const why = thrown instanceof SyntaxError ? 'it is not JSON' : toAdapterError(thrown).what;
  return new AdapterError(
    'SlsReplyInvalid',
    `SLS, ${name}: the reply cannot be read: ${withoutKey(why, used)}`,
  );
}

function withoutKey(text: string, used: Credentials | undefined): string {
  const secrets = [used?.accessKeySecret, used?.securityToken].filter((secret) => secret !== undefined);
  return secrets.reduce((rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '***')), text);
}

function errorBody(body: Buffer): { errorCode: string | undefined; errorMessage: string } {
  try {
    const { errorCode, errorMessage } = JSON.parse(body.toString()) as Record<string, unknown>;
    return {
      errorCode: typeof errorCode === 'string' ? errorCode : undefined,
      errorMessage: typeof errorMessage === 'string' ? errorMessage : '',
    };
  } catch {
    return { errorCode: undefined, errorMessage: 'the body is not the JSON that SLS documents' };
  }
}
