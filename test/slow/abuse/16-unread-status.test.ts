import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { freePort } from '../../support/ports.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const clients = 200;
const autoscalers = 3000;

/** Sends a request on the plain port, and reads nothing. */
function askUnread(url: URL, path: string): Socket {
  const socket = connect({ host: url.hostname, port: Number(url.port), localAddress: '127.0.0.1' });
  socket.on('error', () => undefined).pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  return socket;
}

/** Returns the status of a request from another address. */
async function statusFor(url: URL, path: string): Promise<string> {
  const socket = connect({ host: url.hostname, port: Number(url.port), localAddress: '127.0.0.2' });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`);
  try {
    for await (const chunk of socket.setEncoding('utf8') as AsyncIterable<string>) return chunk.slice(9, 12);
    return 'no answer';
  } finally {
    socket.destroy();
  }
}

/**
 * 200 clients of one address ask the plain port for the status or the live feed of 3,000 HPAs, and read nothing.
 *
 * @attacks status-page/live-feed.ts #clients
 */
describe('abuse: answers of the plain port that are not read', () => {
  it.each(['/status.json', '/events'])(
    'fill no memory and take no place of other addresses: %s',
    async (path) => {
      const port = await freePort();
      await using scenario = await startScenario({
        config: `telemetry: { port: ${port}, statusPage: true }`,
        prepare: ({ apiServer }) => {
          for (let index = 0; index < autoscalers; index++) {
            const labels = {
              'sls.project': 'k8s-log-test',
              'sls.logstore': 'nginx-ingress',
              'sls.ingress.route': `tenant-${index}-80`,
            };
            const metric = externalMetric('sls_ingress_qps', { matchLabels: labels });
            apiServer.hpas.put(autoscaler(`tenant-${index % 100}`, `web-${index}`, [metric]));
          }
        },
      });
      const url = new URL(`http://127.0.0.1:${port}`);
      const answers = new Map<string, string>();
      const harm = await scenario.attack(async () => {
        const sockets = Array.from({ length: clients }, () => askUnread(url, path));
        await sleep(4000);
        for (const other of ['/status.json', '/events', '/metrics'])
          answers.set(other, await statusFor(url, other));
        for (const socket of sockets) socket.destroy();
      });
      expect(Object.fromEntries(answers)).toEqual({
        '/status.json': '200',
        '/events': '200',
        '/metrics': '200',
      });
      expectUnharmed(harm);
    },
  );
});
