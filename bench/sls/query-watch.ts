import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SeenQuery } from './messages.ts';

/**
 * Tells of each query that the servers of this process answer, which the emulator only counts. Listens to Node's own
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
    response.on('finish', () => {
      const {
        from,
        to,
        query: text,
      } = JSON.parse(Buffer.concat(body).toString()) as {
        readonly from: number;
        readonly to: number;
        readonly query: string;
      };
      const answered = { answeredMs: Date.now(), statusCode: response.statusCode };
      onQuery({
        logstore,
        kind: queryKind(text),
        text,
        fromSeconds: from,
        toSeconds: to,
        arrivedMs,
        ...answered,
      });
    });
  });
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
