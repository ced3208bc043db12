import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';

export interface HttpProxy extends AsyncDisposable {
  readonly port: number;
  /** With a user and a password, which the proxy requires. */
  readonly url: string;
  /** `POST http://host/path` or `CONNECT host:port`, in order. */
  readonly requests: readonly string[];
  /** Replaces the answer to every request; 0: no answer. */
  refuseWith: number | undefined;
}

const password = 'planted-proxy-password';

/**
 * Starts an HTTP proxy on loopback.
 *
 * @param portOf the port on loopback that requests to a host are forwarded to: names of SLS do not resolve here
 */
export async function startHttpProxy(portOf: (host: string) => number): Promise<HttpProxy> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const authorization = `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;
  const statusFor = (given: string | undefined) =>
    proxy.refuseWith ?? (given === authorization ? undefined : 407);
  const server = http.createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const status = statusFor(request.headers['proxy-authorization']);
    if (status === 0) return;
    if (status !== undefined) {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html>proxy</html>');
      return;
    }
    const { host, pathname, search } = new URL(request.url ?? '');
    const own = Object.entries(request.headers).filter(([name]) => !name.startsWith('proxy-'));
    const options = {
      host: '127.0.0.1',
      port: portOf(host),
      method: request.method,
      headers: Object.fromEntries(own),
    };
    const forwarded = http.request({ ...options, path: `${pathname}${search}` }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    request.pipe(forwarded);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, socket: Socket) => {
    requests.push(`CONNECT ${request.url ?? ''}`);
    const status = statusFor(request.headers['proxy-authorization']);
    if (status === 0) return;
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = net.connect(portOf(request.url ?? ''), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: HttpProxy = {
    port,
    url: `http://user:${password}@127.0.0.1:${port}`,
    requests,
    refuseWith: undefined,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return proxy;
}
