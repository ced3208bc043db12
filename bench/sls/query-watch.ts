import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SeenQuery } from './messages.ts';

const channel = 'http.server.request.start';

/**
 * Calls back with each query to the HTTP servers of this process once it is over. The emulator itself only counts queries.
 * This uses Node's own diagnostics channel and copies the body while the emulator reads it.
 *
 * @returns a function that ends the subscription; later requests are no longer reported
 */
export function watchQueries(onQuery: (query: SeenQuery) => void): () => void {
  const listener = (message: unknown): void => {
    const { request, response } = message as {
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
    };
    const [, logstore] = /^\/logstores\/([^/]+)\/logs$/.exec(request.url ?? '') ?? [];
    if (logstore === undefined) return;
    const arrivedMs = Date.now();
    const body = copyBody(request);
    response.on('close', () => {
      const query = parseBody(Buffer.concat(body).toString());
      if (query === undefined) return;
      const statusCode = response.writableFinished ? response.statusCode : undefined;
      onQuery({
        logstore,
        kind: queryKind(query.text),
        ...query,
        arrivedMs,
        endedMs: Date.now(),
        statusCode,
      });
    });
  };
  subscribe(channel, listener);
  return () => void unsubscribe(channel, listener);
}

/** Returns undefined if the body is not a query, such as the part that a client sent before it disconnected. */
export function parseBody(
  json: string,
): Omit<SeenQuery, 'logstore' | 'kind' | 'arrivedMs' | 'endedMs' | 'statusCode'> | undefined {
  let body: { readonly from?: unknown; readonly to?: unknown; readonly query?: unknown } | null;
  try {
    body = JSON.parse(json) as typeof body;
  } catch {
    return undefined;
  }
  const { from, to, query } = body ?? {};
  if (typeof query !== 'string' || typeof from !== 'number' || typeof to !== 'number') return undefined;
  const [, start = from, end = to] = /__time__ >= (\d+) AND __time__ < (\d+)/.exec(query) ?? [];
  return {
    text: query,
    fromSeconds: from,
    toSeconds: to,
    windowStartSeconds: Number(start),
    windowEndSeconds: Number(end),
  };
}

/** Returns the purpose of one of the adapter's queries. Only those that learn the delay count the lines of each second. */
export const queryKind = (text: string): SeenQuery['kind'] =>
  text.includes('GROUP BY __time__') ? 'completeness' : 'reading';

function copyBody(request: IncomingMessage): readonly Buffer[] {
  const chunks: Buffer[] = [];
  const iterate = request[Symbol.asyncIterator].bind(request);
  request[Symbol.asyncIterator] = async function* (): AsyncGenerator<Buffer, undefined> {
    for await (const chunk of iterate() as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      yield chunk;
    }
    return undefined;
  };
  return chunks;
}
