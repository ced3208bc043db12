import { once } from 'node:events';
import { constants, type ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { accessKey, basePath, logstore, readPath, selectorOf } from '../../support/adapter.ts';
import { freePort } from '../../support/ports.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Attackers } from './support/attackers.ts';
import { hpaController, startScenario } from './support/scenario.ts';
import { sendSlsError } from './support/scripted-sls.ts';
import { expectUnharmed } from './support/unharmed.ts';

const longAccept = Array.from({ length: 7000 }, (_, index) => `a/b;q=0.${index % 10}`)
  .join()
  .slice(0, 60_000);
const anyKeyId = 'LTAI5tAbCdEfGhIjKlMnOpQr';
const inspectorPort = 9229;
/** Longer than the adapter waits before it asks a second time. */
const slowReviewMs = 2600;

const labelsOf = (project: string) => ({
  'sls.project': project,
  'sls.logstore': logstore,
  'sls.ingress.route': 'a-b-80',
});
const readOf = (project: string) => readPath('sls_ingress_qps', selectorOf(labelsOf(project)), 'tenant');

/** Returns what the plain port answers. */
async function ask(port: number, path: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
  let reply = '';
  for await (const chunk of socket.setEncoding('utf8') as AsyncIterable<string>) reply += chunk;
  return reply;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const isConnected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isConnected;
}

async function twoHosts(attackers: Attackers): Promise<string> {
  const { tls } = await attackers.http1();
  tls.write('GET /apis HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
  const [chunk] = (await once(tls, 'data')) as [Buffer];
  return chunk.toString();
}

/** Asks for many things in 60 kB of media types, as a stranger and as a user. */
const acceptMuch = (
  attackers: Attackers,
  stranger: ClientHttp2Session,
  proxied: readonly ClientHttp2Session[],
) => {
  const paths = ['/apis', '/openapi/v2', '/openapi/v3', '/x', '/livez', readOf('denied')];
  return attackers.repeat({ count: 20_000, concurrency: 150, maxMs: 5000 }, async (index) => {
    const headers = { ':path': paths[index % paths.length] ?? '', accept: longAccept };
    const session = proxied[index % (2 * proxied.length)];
    if (session === undefined) await attackers.fire(stranger, headers);
    else await attackers.fire(session, { ...headers, 'x-remote-user': 'alice' });
  });
};

/** Resets each request while its user is reviewed. */
const leaveEarly = (attackers: Attackers, session: ClientHttp2Session) =>
  attackers.repeat({ count: 200, concurrency: 10, maxMs: 2000 }, async (index) => {
    const headers = { ':path': `/y${index}`, 'x-remote-user': `alice-${index}` };
    const stream = session.request(headers).on('error', () => undefined);
    await sleep(30);
    stream.close(constants.NGHTTP2_CANCEL);
  });

/**
 * Clients send 60 kB of media types, two Host headers, the Host of a website to the plain port, and resets. SLS names access keys
 * in its errors. A review takes 2.6 s. At last signals come that would open Node's inspector or end the process.
 *
 * @attacks api/read/representation.ts
 * @attacks api/server/allowed-hosts.ts
 * @attacks sls/shown-text.ts
 * @attacks cli/run-process.ts
 */
describe('abuse: odd requests, key IDs in the errors of SLS, and signals', () => {
  it('harm no reading, tell no key and no failure that is none, and end no read', async () => {
    const port = await freePort();
    await using scenario = await startScenario({
      config: `telemetry: { port: ${port}, statusPage: true }`,
      prepare: ({ apiServer, sls }) => {
        apiServer.decide = ({ user: { username } }) =>
          username === hpaController || username.startsWith('alice');
        const metric = externalMetric('sls_ingress_qps', { matchLabels: labelsOf('denied') });
        apiServer.hpas.put(autoscaler('tenant', 'web', [metric]));
        sls.latencyMs = ({ project }) => (project === 'slow' ? 1500 : 0);
        sls.reply = ({ project }, response) => {
          if (project !== 'denied') return false;
          const message = `AccessKeyId is disabled: ${anyKeyId}; ${accessKey.id} has no right`;
          sendSlsError(response, 401, 'Unauthorized', message);
          return true;
        };
      },
    });
    const { attackers, adapter, apiServer, proxyPair, frontProxy } = scenario;
    const proxied = await Promise.all([1, 2, 3].map(() => attackers.http2(proxyPair)));
    const [session] = proxied;
    const stranger = await attackers.http2();
    const answers: string[] = [];
    let told = '';
    const harm = await scenario.attack(async () => {
      const accepting = acceptMuch(attackers, stranger, proxied);
      apiServer.latencyMs.set('subjectaccessreview', 100);
      if (session !== undefined) await leaveEarly(attackers, session);
      answers.push(await ask(port, '/metrics', 'evil.example'), await twoHosts(attackers));
      told = (await frontProxy.get(readOf('denied'))).body.toString('latin1');
      await accepting;
    });
    expectUnharmed(harm);
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(['403', '400']);

    const [status, metrics] = [await ask(port, '/status.json'), await ask(port, '/metrics')];
    const seen = [told, status, metrics, ...adapter.lines].join('\n');
    expect(told).toContain('AccessKeyId is disabled: ***');
    expect(status).toContain('CredentialsRefused');
    for (const hidden of [anyKeyId, accessKey.id, 'AuthorizationUnavailable'])
      expect(seen).not.toContain(hidden);

    apiServer.latencyMs.set('subjectaccessreview', slowReviewMs);
    const late = { ':path': `${basePath}/namespaces/late/no_such_metric`, 'x-remote-user': 'alice' };
    expect(session && (await attackers.fire(await attackers.http2(proxyPair), late))).toBe(404);
    process.kill(adapter.pid, 'SIGUSR1');
    await sleep(300);
    expect(await isOpen(inspectorPort)).toBe(false);
    const read = frontProxy.get(readOf('slow'));
    await waitFor(() => (scenario.sls.queriesOf.get('slow') ?? 0) > 0);
    process.kill(adapter.pid, 'SIGHUP');
    expect((await read).status).toBe(200);
    await waitFor(() => adapter.crash !== undefined);
    expect(adapter.crash).toContain('code 0');
  });
});
