import { once } from 'node:events';
import http2 from 'node:http2';
import tls from 'node:tls';
import type { PemPair } from './certificates.ts';
import { waitFor } from './wait-for.ts';

type Headers = Readonly<Record<string, string>>;

export interface KeptReply {
  readonly status: number;
  /** Without the date, which is required, and without `keep-alive`. */
  readonly headers: Headers;
  /** Latin-1: one character per byte. */
  readonly body: string;
}

/** A connection with a client certificate that sends one request after another. */
export interface KeptConnection {
  readonly ask: (path: string, headers?: Headers, method?: string) => Promise<KeptReply>;
}

interface KeptOptions {
  readonly url: string;
  readonly pair: PemPair;
  /** Sent with every request. */
  readonly headers: Headers;
}

export type Protocol = 'HTTP/1.1' | 'HTTP/2';

export const openKept = (protocol: Protocol, options: KeptOptions): Promise<KeptConnection> =>
  protocol === 'HTTP/2' ? openKeptHttp2(options) : openKeptHttp1(options);

const credentials = ({ pair: { certificate: cert, key } }: KeptOptions) => ({
  cert,
  key,
  rejectUnauthorized: false,
});

export async function openKeptHttp1(
  options: KeptOptions,
): Promise<KeptConnection & { readonly socket: tls.TLSSocket }> {
  const { hostname: host, port } = new URL(options.url);
  const socket = tls.connect({ ...credentials(options), host, port: Number(port) });
  await once(socket, 'secureConnect');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  return {
    socket,
    ask: async (path, headers = {}, method = 'GET') => {
      const all = Object.entries({ host: 'a', ...options.headers, ...headers });
      const lines = all.map(([name, value]) => `${name}: ${value}`);
      socket.write([`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
      const { rest, ...reply } = await waitFor(() => firstReply(text));
      text = rest;
      return reply;
    },
  };
}

/** Returns undefined until the reply is complete. */
function firstReply(text: string): (KeptReply & { readonly rest: string }) | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, headEnd).toLowerCase().split('\r\n');
  const all = lines.map((line) => line.split(': ', 2) as [string, string]);
  const headers: Headers = Object.fromEntries(all.filter(([name]) => name !== 'keep-alive'));
  const body = text.slice(headEnd + 4);
  const length = Number(headers['content-length']);
  if (headEnd < 0 || body.length < length) return undefined;
  const status = Number(first.split(' ')[1]);
  return { status, headers: dated(headers), body: body.slice(0, length), rest: body.slice(length) };
}

async function openKeptHttp2(options: KeptOptions): Promise<KeptConnection> {
  const session = http2.connect(options.url, credentials(options));
  await once(session, 'connect');
  session.unref();
  return {
    ask: async (path, headers = {}, method = 'GET') => {
      const stream = session.request({ ':path': path, ':method': method, ...options.headers, ...headers });
      const [received] = (await once(stream, 'response')) as [Headers & { ':status': number }];
      const { ':status': status, ...rest } = received;
      let body = '';
      for await (const chunk of stream.setEncoding('latin1') as AsyncIterable<string>) body += chunk;
      return { status, headers: dated(rest), body };
    },
  };
}

function dated({ date, ...headers }: Headers): Headers {
  if (date === undefined) throw new Error('a reply without a date');
  return headers;
}
