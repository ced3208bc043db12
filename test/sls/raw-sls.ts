import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createNetServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { waitFor } from '../support/wait-for.ts';

/** A server on loopback that the test controls, and that records its connections. */
export interface RawSls extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** All connections so far, closed ones included. */
  readonly connections: readonly Socket[];
  /** Resolves once every connection so far is closed. */
  allClosed(): Promise<unknown>;
}

interface ReceivedRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** @param handler called once the body of a request is complete */
export async function startRawSls(
  handler: RequestListener,
  host = '127.0.0.1',
): Promise<RawSls & { readonly requests: readonly ReceivedRequest[] }> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      requests.push({ method, url, headers, body });
      handler(request, response);
    });
  });
  return Object.assign(await listening(server, host), { requests });
}

/** @param onConnection called for each connection; by default the server never sends anything */
export function startSilentSls(
  onConnection: (socket: Socket) => void = (socket) => void socket.resume(),
): Promise<RawSls> {
  return listening(createNetServer(onConnection), '127.0.0.1');
}

async function listening(server: Server, host: string): Promise<RawSls> {
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    connections.push(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    connections,
    allClosed: () =>
      waitFor(() => connections.length > 0 && connections.every(({ destroyed }) => destroyed), 'closed'),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}
