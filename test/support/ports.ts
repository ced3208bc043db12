import { createServer, type AddressInfo } from 'node:net';

/** Listens on a free port of 127.0.0.1 until it is disposed. */
export async function holdPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const holder = createServer();
  await new Promise<void>((listening) => holder.listen(0, '127.0.0.1', listening));
  return {
    port: (holder.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((closed) => holder.close(() => closed())),
  };
}
