import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy to a server that holds back everything after the client's first bytes until `release`. */
interface HeldConnection extends AsyncDisposable {
  readonly url: string;
  /** Resolves when the server has answered the first bytes. */
  readonly answered: Promise<unknown>;
  release(): void;
}

/** Accepts one client. */
export async function holdConnection(target: string): Promise<HeldConnection> {
  const { hostname, port, protocol } = new URL(target);
  const answered = Promise.withResolvers<undefined>();
  const released = Promise.withResolvers<undefined>();
  const sockets: Socket[] = [];
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    sockets.push(client, server);
    for (const socket of [client, server]) socket.on('error', () => socket.destroy());
    server.once('data', () => answered.resolve(undefined)).pipe(client);
    client.once('data', (first: Buffer) => {
      client.pause();
      server.write(first);
      void released.promise.then(() => client.pipe(server));
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `${protocol}//127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    answered: answered.promise,
    release: () => released.resolve(undefined),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
