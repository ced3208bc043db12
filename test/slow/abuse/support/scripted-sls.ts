import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { newestAlias, routeAlias, secondAlias } from '../../../../src/sls/query-text.ts';

/** A query as the adapter sent it. */
export interface SlsRequest {
  /** The first label of the host. Without one: of the path. */
  readonly project: string;
  readonly logstore: string;
  readonly query: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** The number of lines that each route has in each window. */
export const linesOfRoute = 150;
const maxKept = 20_000;

/** An SLS without a log: each route that a query names has 150 lines. It answers at once, or as it is told. */
export class ScriptedSls implements AsyncDisposable {
  /** Added to every reply. */
  latencyMs: number | ((request: SlsRequest) => number) = 0;
  /** Answers the query and returns true, or returns false for the usual reply. */
  reply: (request: SlsRequest, response: ServerResponse) => boolean = () => false;
  /** Its clock is so much ahead of this machine's. */
  clockAheadMs = 0;
  /** Queries since the start, and those of each project. */
  queries = 0;
  readonly queriesOf = new Map<string, number>();
  readonly kept: SlsRequest[] = [];
  running = 0;
  maxRunning = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { url = '', headers } = request;
        void this.#serve(requestOf(url, headers, Buffer.concat(chunks).toString()), response);
      });
    });
    this.#server.keepAliveTimeout = 120_000;
  }

  static async start(): Promise<ScriptedSls> {
    const sls = new ScriptedSls();
    sls.#server.listen(0, '127.0.0.1');
    await once(sls.#server, 'listening');
    return sls;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #serve(request: SlsRequest, response: ServerResponse): Promise<void> {
    this.queries += 1;
    this.queriesOf.set(request.project, (this.queriesOf.get(request.project) ?? 0) + 1);
    if (this.kept.length < maxKept) this.kept.push(request);
    this.running += 1;
    this.maxRunning = Math.max(this.maxRunning, this.running);
    response.on('close', () => (this.running -= 1));
    const latencyMs = typeof this.latencyMs === 'number' ? this.latencyMs : this.latencyMs(request);
    if (latencyMs > 0) await sleep(latencyMs);
    if (response.destroyed || this.reply(request, response)) return;
    const nowMs = Date.now() + this.clockAheadMs;
    response.setHeader('date', new Date(nowMs).toUTCString());
    sendRows(response, rowsOf(request.query, Math.floor(nowMs / 1000)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}

/** Sends a complete result of GetLogsV2. */
export function sendRows(response: ServerResponse, rows: readonly Readonly<Record<string, string>>[]): void {
  const meta = { progress: 'Complete', count: rows.length, processedRows: 1, elapsedMillisecond: 1 };
  const body = JSON.stringify({ meta, data: rows });
  const size = Buffer.byteLength(body);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': size,
    'x-log-bodyrawsize': size,
    'x-log-requestid': '5DBE3D2C4A1B',
  });
  response.end(body);
}

/** Sends an error of SLS. */
export function sendSlsError(
  response: ServerResponse,
  status: number,
  errorCode: string,
  errorMessage: string,
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-log-requestid': '5DBE3D2C4A1B' });
  response.end(JSON.stringify({ errorCode, errorMessage }));
}

/** The only route with lines in a query of every route. */
export const honestRoute = 'honest-web-80';

/** Returns one row for each route that the query names, and one for a query of the whole logstore. */
export function rowsOf(query: string, nowSeconds: number): Record<string, string>[] {
  if (query.includes(secondAlias)) return [];
  const end = Number(/__time__ < (\d+)/.exec(query)?.[1] ?? nowSeconds);
  const aliases = [...query.matchAll(/\) AS (\w+)/g)].map(([, alias = '']) => alias);
  const columns = Object.fromEntries(aliases.map((alias) => [alias, String(linesOfRoute)]));
  if (newestAlias in columns) columns[newestAlias] = String(end - 1);
  if (!query.includes(routeAlias)) return [columns];
  const [, named] = / IN \(('(?:[^']|'')*'(?:, '(?:[^']|'')*')*)\)\s*GROUP BY/.exec(query) ?? [];
  return [...(named ?? `'${honestRoute}'`).matchAll(/'((?:[^']|'')*)'/g)].map(([, route = '']) => ({
    ...columns,
    [routeAlias]: route.replaceAll("''", "'"),
  }));
}

function requestOf(url: string, headers: IncomingHttpHeaders, body: string): SlsRequest {
  const [, logstore = ''] = /^\/logstores\/([^/?]+)/.exec(url) ?? [];
  const project = headers.host?.split('.')[0] ?? '';
  const { query = '' } = body.startsWith('{') ? (JSON.parse(body) as { query?: string }) : {};
  return { project, logstore, query, url, headers };
}
