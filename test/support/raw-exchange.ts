import { once, type EventEmitter } from 'node:events';
import http2 from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';

/** Opens a TLS connection for HTTP/1.1. It does not verify the server and ignores resets. */
export async function openRaw(url: string): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

/** Sends a text unchanged, and returns everything until the server closes the connection. */
export async function exchangeRaw(url: string, text: string): Promise<string> {
  const socket = await openRaw(url);
  let reply = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (reply += chunk));
  socket.write(text);
  await closeOf(socket);
  return reply;
}

/** Resolves once it is closed, even by an error, at which `once` would reject. */
export const closeOf = (emitter: EventEmitter): Promise<void> =>
  new Promise((resolve) => void emitter.once('close', () => resolve()));

interface Http2Reply {
  readonly statusCode: number;
  readonly text: string;
}

/** Sends one request over its own session, with any pseudo-headers. */
export async function exchangeHttp2(url: string, headers: http2.OutgoingHttpHeaders): Promise<Http2Reply> {
  const session = http2.connect(url, { rejectUnauthorized: false });
  try {
    const stream = session.request(headers);
    const [reply] = (await once(stream, 'response')) as [{ ':status': number }];
    let text = '';
    stream.setEncoding('utf8');
    for await (const chunk of stream as AsyncIterable<string>) text += chunk;
    return { statusCode: reply[':status'], text };
  } finally {
    session.close();
  }
}
