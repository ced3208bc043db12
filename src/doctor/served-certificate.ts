import type { LookupFunction } from 'node:net';
import { connect } from 'node:tls';

export interface ServedBy {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  readonly lookup: LookupFunction | undefined;
}

/** What came of a connection: trusted, or the error of TLS or of the network. */
export type Handshake =
  { readonly kind: 'trusted' } | { readonly kind: 'untrusted' | 'unreached'; readonly message: string };

const timeoutMs = 3000;

/** Connects as the API server does: by the name of the Service, trusting the bundle alone. */
export function tryHandshake({ host, port, ca, lookup }: ServedBy, signal: AbortSignal): Promise<Handshake> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      servername: host,
      ca,
      timeout: timeoutMs,
      ...(lookup && { lookup }),
    });
    let isConnected = false;
    const end = (result: Handshake) => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(result);
    };
    const stop = () => end({ kind: 'unreached', message: 'stopped' });
    signal.addEventListener('abort', stop);
    socket.once('connect', () => (isConnected = true));
    socket.once('secureConnect', () => end({ kind: 'trusted' }));
    socket.once('timeout', () =>
      end({ kind: 'unreached', message: `no answer within ${timeoutMs / 1000} s` }),
    );
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const isOfCertificate = isConnected && error.syscall === undefined;
      end({ kind: isOfCertificate ? 'untrusted' : 'unreached', message: error.message });
    });
  });
}
