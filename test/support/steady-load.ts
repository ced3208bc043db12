import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { PemPair } from './certificates.ts';

interface LoadOptions {
  readonly url: string;
  readonly path: string;
  /** Returns the CAs that clients trust, in PEM. Called for each new connection. */
  readonly ca: () => string;
  /** Returns the client certificate. Called for each new connection. */
  readonly pair: () => PemPair;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends requests until it is stopped, in four ways: on kept and on new connections, over HTTP/1.1 and HTTP/2. */
export interface SteadyLoad {
  /** Responses with 200 so far. */
  readonly succeeded: number;
  stop(): Promise<{ readonly succeeded: number; readonly failures: readonly string[] }>;
}

export function startSteadyLoad(options: LoadOptions): SteadyLoad {
  const failures: string[] = [];
  let succeeded = 0;
  let stopping = false;
  const repeat = async (name: string, send: () => Promise<number>): Promise<void> => {
    while (!stopping) {
      try {
        const status = await send();
        if (status === 200) succeeded += 1;
        else failures.push(`${name}: ${status}`);
      } catch (error) {
        failures.push(`${name}: ${String(error)}`);
      }
    }
  };
  const identity = () => ({ ca: options.ca(), cert: options.pair().certificate, key: options.pair().key });
  const kept = new https.Agent({ keepAlive: true, maxSockets: 1, ...identity() });
  const session = http2.connect(options.url, identity());
  const newHttp2 = async () => {
    const own = http2.connect(options.url, identity());
    try {
      return await overHttp2(own, options);
    } finally {
      own.close();
    }
  };
  const running = [
    repeat('kept h1', () => overHttp1(kept, options)),
    repeat('new h1', () => overHttp1(new https.Agent(identity()), options)),
    repeat('kept h2', () => overHttp2(session, options)),
    repeat('new h2', newHttp2),
  ];
  return {
    get succeeded() {
      return succeeded;
    },
    stop: async () => {
      stopping = true;
      await Promise.all(running);
      kept.destroy();
      session.close();
      return { succeeded, failures };
    },
  };
}

async function overHttp1(agent: https.Agent, { url, path, headers }: LoadOptions): Promise<number> {
  const request = https.get(new URL(path, url), { agent, headers: { ...headers } });
  const [reply] = (await once(request, 'response')) as [IncomingMessage];
  reply.resume();
  await once(reply, 'end');
  return reply.statusCode ?? 0;
}

async function overHttp2(session: http2.ClientHttp2Session, { path, headers }: LoadOptions): Promise<number> {
  if (session.connecting) await once(session, 'connect');
  const stream = session.request({ ':path': path, ...headers });
  const [reply] = (await once(stream, 'response')) as [{ ':status': number }];
  stream.resume();
  await once(stream, 'end');
  return reply[':status'];
}
