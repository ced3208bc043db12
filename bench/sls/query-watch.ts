import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SeenQuery } from './messages.ts';

/**
 * Tells of each query to the servers of this process once it is over, while the emulator only counts them. Listens to Node's own
 * channel, and in on the body while the emulator reads it.
 */
export function watchQueries(onQuery: (query: SeenQuery) => void): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as {
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
    };
    const [, logstore] = /^\/logstores\/([^/]+)\/logs$/.exec(request.url ?? '') ?? [];
    if (logstore === undefined) return;
    const arrivedMs = Date.now();
    const body = overhear(request);
    response.on('close', () => {
      const range = parseBody(Buffer.concat(body).toString());
      if (range === undefined) return;
      const statusCode = response.writableFinished ? response.statusCode : undefined;
      onQuery({
        logstore,
        kind: queryKind(range.text),
        ...range,
        arrivedMs,
        endedMs: Date.now(),
        statusCode,
      });
    });
  });
}

/** @returns undefined where the client went before all of it had come */
function parseBody(json: string): Pick<SeenQuery, 'text' | 'fromSeconds' | 'toSeconds'> | undefined {
  try {
    const body = JSON.parse(json) as { readonly from: number; readonly to: number; readonly query: string };
    return { text: body.query, fromSeconds: body.from, toSeconds: body.to };
  } catch {
    return undefined;
  }
}

/** What the adapter sends a query for: readings, or how late lines come, by counts of each second. */
export const queryKind = (text: string): SeenQuery['kind'] =>
  text.includes('GROUP BY __time__') ? 'completeness' : 'reading';

function overhear(request: IncomingMessage): readonly Buffer[] {
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
