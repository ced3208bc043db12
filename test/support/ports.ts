import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** Returns a free port of 127.0.0.1. Another process may take it before the caller does. */
export async function freePort(): Promise<number> {
  await using holder = await holdPort();
  return holder.port;
}

/** Listens on a free port of 127.0.0.1 until it is disposed. */
export async function holdPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
  };
}
