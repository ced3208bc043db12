import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { internalLookup, sendHeartbeat } from '../../../src/reading/heartbeat/heartbeat-request.ts';
import { expectWithin, tookMs } from '../../support/own-time.ts';

const alive = () => new AbortController().signal;

async function sendTo(listener: RequestListener, signal = alive()) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await sendHeartbeat(new URL(`http://127.0.0.1:${port}/beat?a=1`), 'agent/1 a-b', signal);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const lookup = (host: string, all: boolean) =>
  new Promise((resolve, reject) => {
    internalLookup(host, { all }, (error, address) => {
      if (error === null) resolve(address);
      else reject(error);
    });
  });

describe('a heartbeat', () => {
  it.each([200, 308, 404])('is answered by status %d, and follows no redirect', async (status) => {
    const seen: unknown[] = [];
    await sendTo(({ method, url, headers }, response) => {
      seen.push([method, url, headers['user-agent'], headers.connection]);
      response.writeHead(status, { location: '/other' }).end();
    });
    expect(seen).toEqual([['HEAD', '/beat?a=1', 'agent/1 a-b', 'close']]);
  });

  it('fails with a status from 500 on, which may be of a proxy before the ingress', async () => {
    await expect(sendTo((_, response) => response.writeHead(503).end())).rejects.toThrow('status 503');
  });

  it('waits a second at most', async () => {
    const send = () => expect(sendTo(() => undefined)).rejects.toThrow(/abort|time/i);
    expectWithin(await tookMs(send), 3000);
  });

  it('ends with its signal', async () => {
    const stopped = new AbortController();
    await expect(sendTo(() => stopped.abort(), stopped.signal)).rejects.toThrow(/abort/i);
  });

  it('fails if the connection is reset', async () => {
    await expect(sendTo(({ socket }) => socket.destroy())).rejects.toThrow(/hang up|reset/i);
  });
});

describe('the address of a heartbeat', () => {
  it('is a private one, whatever the name stands for', async () => {
    // An IP address resolves to itself.
    await expect(lookup('127.0.0.1', false)).resolves.toBe('127.0.0.1');
    await expect(lookup('127.0.0.1', true)).resolves.toEqual([{ address: '127.0.0.1', family: 4 }]);
    for (const all of [false, true])
      await expect(lookup('8.8.8.8', all)).rejects.toThrow('8.8.8.8, which is no private one');
  });
});
