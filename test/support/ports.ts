import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { waitFor } from './wait-for.ts';

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

/**
 * Listens on a port of 127.0.0.1, or on any if it is 0. Waits while another process has the port, which may be for a moment.
 *
 * @returns the port
 */
export async function listenOn(server: Server, port: number): Promise<number> {
  const isListening = () => {
    server.listen(port, '127.0.0.1');
    return once(server, 'listening').then(
      () => true,
      () => false,
    );
  };
  await waitFor(isListening, `port ${port}`);
  return (server.address() as AddressInfo).port;
}
