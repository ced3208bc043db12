import type { GetLogsV2Response } from '@alicloud/sls20201230';
import { AdapterError, toAdapterError, type ErrorCode } from '../errors.ts';
import { parseDateHeader } from './clock-check.ts';
import type { CredentialSource } from './credentials.ts';
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
}

/** Rows as SLS sends them: every value is text, NULL is the text `null`. */
export type Row = Readonly<Record<string, string>>;

export interface LogResult {
  readonly rows: readonly Row[];
  readonly requestId: string | undefined;
  /** Log lines that the query read, as SLS reports it. */
  readonly processedRows: number | undefined;
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
    readonly processedRows: number | undefined;
  }): void;
}

/** One query against one logstore; complete results or an error, never anything between. */
export interface LogSource {
  /** @throws AdapterError one of the codes of SLS in `errors.ts`; `SlsIncomplete` for a partial result */
  query(query: LogQuery, signal: AbortSignal): Promise<LogResult>;
}

/** GetLogsV2 over the SDK: one SDK client an endpoint, one pool of connections for all. */
export class SlsClient implements LogSource {
  readonly #credentials: CredentialSource;
  readonly #transport: Transport;
  readonly #observer: SlsObserver;
  readonly #clients = new Map<string, SdkClient>();
  #sdk: Promise<{ readonly SdkClient: typeof SdkClient }> | undefined;

  constructor(credentials: CredentialSource, settings: TransportSettings, observer: SlsObserver) {
    this.#credentials = credentials;
    this.#transport = new Transport(settings);
    this.#observer = observer;
  }

  async query(query: LogQuery, signal: AbortSignal): Promise<LogResult> {
    const { project, logstore } = query;
    const startMs = performance.now();
    const finished = (outcome: 'ok' | ErrorCode, processedRows?: number) =>
      this.#observer.slsQueryFinished({
        project,
        logstore,
        outcome,
        durationMs: performance.now() - startMs,
        processedRows,
      });
    try {
      const result = readReply(await this.#send(query, signal), logstoreName(query));
      finished('ok', result.processedRows);
      return result;
    } catch (thrown) {
      const error = toQueryError(thrown, query);
      finished(error.code);
      throw error;
    }
  }

  close(): void {
    this.#transport.close();
  }

  /** The SDK costs 26 MB and 300 ms, so it is loaded by the first query: discovery does not wait for it. */
  async #send(
    { endpoint, project, logstore, ...query }: LogQuery,
    signal: AbortSignal,
  ): Promise<GetLogsV2Response> {
    this.#sdk ??= import('./sdk-client.ts');
    const { SdkClient } = await this.#sdk;
    const key = `${endpoint.protocol}://${endpoint.authority}`;
    const client = this.#clients.get(key) ?? new SdkClient(endpoint, this.#credentials, this.#transport);
    this.#clients.set(key, client);
    const request = { from: query.fromSeconds, to: query.toSeconds, query: query.query };
    return client.queryLogs(project, logstore, request, signal);
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
    );
  }
  if (meta?.progress !== 'Complete' || !isRows(rows)) {
    throw new AdapterError(
      'SlsReplyInvalid',
      `SLS, ${place}: the reply has no complete result (request ${requestId ?? '?'})`,
    );
  }
  if (meta.count !== undefined && meta.count !== rows.length) {
    throw new AdapterError(
      'SlsReplyInvalid',
      `SLS, ${place}: the reply has ${rows.length} of ${meta.count} rows (request ${requestId ?? '?'})`,
    );
  }
  const serverTimeMs = parseDateHeader(headers?.['date']);
  return { rows, requestId, processedRows: meta.processedRows, serverTimeMs };
}

/** @returns whether the value is a list of text maps, as SLS documents its rows */
function isRows(value: unknown): value is Row[] {
  const isRow = (row: unknown) =>
    typeof row === 'object' && row !== null && Object.values(row).every((text) => typeof text === 'string');
  return Array.isArray(value) && value.every(isRow);
}

function toQueryError(thrown: unknown, query: LogQuery): AdapterError {
  if (thrown instanceof AdapterError) return thrown;
  if (thrown instanceof SlsHttpError) {
    const { statusCode, headers, body } = thrown;
    const requestId = headers['x-log-requestid'];
    return slsFailureToError(
      { statusCode, ...errorBody(body), requestId: Array.isArray(requestId) ? requestId[0] : requestId },
      logstoreName(query),
      thrown,
    );
  }
  const { what } = toAdapterError(thrown);
  return new AdapterError(
    'SlsReplyInvalid',
    `SLS, ${logstoreName(query)}: the reply cannot be read: ${what}`,
    {
      cause: thrown,
    },
  );
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
