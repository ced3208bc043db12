import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { basePath, logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import type { Attackers } from './support/attackers.ts';
import { hpaController, startScenario, type Scenario } from './support/scenario.ts';
import { honestRoute } from './support/scripted-sls.ts';
import { expectUnharmed } from './support/unharmed.ts';

const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': honestRoute };
const honestRead = readPath('sls_ingress_qps', selectorOf(labels), 'honest');
/** More than the chains that are remembered. */
const certificates = 280;
/** More than the reviews that may be pending. The setting admits them all. */
const atOnce = 1500;
const config = 'server: { maxRequestsInFlight: 1000 }';
const reasonLength = 40_000;
const maxMs = 3000;

const bytes = (text: string) => Buffer.from(text).toString('latin1');

/** What a front proxy may name, with a character for each byte, and what Go reads. Undefined: it is not UTF-8. */
const names: readonly (readonly [sent: string, read: string | undefined])[] = [
  [bytes('müller'), 'müller'],
  [bytes('mu\u0308ller'), 'mu\u0308ller'],
  [bytes('👩\u200d🚀'), '👩\u200d🚀'],
  [bytes('\ufeffadmin'), '\ufeffadmin'],
  [bytes('\ufffd'), '\ufffd'],
  ['m%C3%BCller', 'm%C3%BCller'],
  ['m\xfcller', undefined],
  ['\xc0\xaf', undefined],
  ['\xed\xa0\x80', undefined],
  ['admin\xf0\x9f', undefined],
];
const group = 'вход';

/** Sends each name over both protocols, each to a path of its own, so that each is reviewed. */
async function sendNames({ attackers, proxyPair }: Pick<Scenario, 'attackers' | 'proxyPair'>): Promise<void> {
  const session = await attackers.http2(proxyPair);
  for (const [sent] of names) {
    const headers = { 'x-remote-user': sent, 'x-remote-group': bytes(group) };
    await attackers.fire(session, { ':path': `${basePath}/namespaces/two/x`, ...headers });
    const { tls } = await attackers.http1(proxyPair);
    const head = `GET ${basePath}/namespaces/one/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
    tls.write(`${head}X-Remote-User: ${sent}\r\nX-Remote-Group: ${bytes(group)}\r\n\r\n`, 'latin1');
    await once(tls.resume(), 'close');
  }
}

/** Sends a request of another user. */
type SendAs = (index: number, path: string, user: string, groups: number) => Promise<void>;

function sender(
  attackers: Attackers,
  sessions: Awaited<ReturnType<Attackers['http2']>>[],
  statuses: Set<string>,
): SendAs {
  return async (index, path, user, groups) => {
    const session = sessions[index % sessions.length];
    const names = Array.from({ length: groups }, (_, number) =>
      bytes(`${group}-${index}-${number}`.padEnd(80, 'г')),
    );
    const status =
      session &&
      (await attackers.fire(session, { ':path': path, 'x-remote-user': user, 'x-remote-group': names }));
    statuses.add(`${user.replace(/-.*/, '')} ${status}`);
  };
}

/**
 * A front proxy names users in any letters and bytes, and then 20,000 others, with long names and many groups, who read, are
 * denied, or wait for a slow review. Some have client certificates.
 *
 * @attacks api/auth/authentication.ts
 * @attacks api/auth/users.ts
 * @attacks kube/reviews/kept-answers.ts
 * @attacks kube/reviews/review-cache.ts
 * @attacks kube/reviews/review-turns.ts
 * @attacks kube/reviews/reviewer.ts
 */
describe('abuse: a front proxy that names 20,000 users, in any letters', () => {
  it('has each reviewed by the name that Go reads, and takes neither memory nor turns', async () => {
    await using scenario = await startScenario({
      config,
      prepare: ({ apiServer }) => {
        apiServer.decide = ({ user: { username } }) =>
          username === hpaController || {
            allowed: username.startsWith('allowed'),
            reason: 'RBAC: '.padEnd(reasonLength, 'r'),
          };
      },
    });
    const { attackers, apiServer, proxyPair, clientCa } = scenario;
    const statuses = new Set<string>();
    const reviewed = new Set<string>();
    const pairs = await Promise.all(
      Array.from({ length: certificates }, (_, index) => clientCa.issue({ cn: `certified-${index}` })),
    );
    const harm = await scenario.attack(async () => {
      await sendNames(scenario);
      for (const { body } of apiServer.requests) {
        const { spec } = (body ?? {}) as { spec?: { user?: string; groups?: string[] } };
        const { user = hpaController, groups = [] } = spec ?? {};
        if (user !== hpaController) reviewed.add(`${user} ${groups.join()}`);
      }
      const sessions = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(() => attackers.http2(proxyPair)));
      const send = sender(attackers, sessions, statuses);
      await attackers.repeat({ count: certificates, concurrency: 8, maxMs }, async (index) => {
        const session = await attackers.http2(pairs[index]);
        await attackers.request(session, { ':path': '/apis' });
        session.destroy();
      });
      await attackers.repeat({ count: 20_000, concurrency: 100, maxMs }, (index) =>
        send(index, '/apis', `idle-${index}`.padEnd(1000, 'n'), 40),
      );
      await attackers.repeat({ count: 20_000, concurrency: 100, maxMs }, async (index) => {
        apiServer.requests.length = 0;
        if (index % 4 === 0) await send(index, honestRead, `long-${index}-`.padEnd(40_000, 'n'), 0);
        else
          await send(
            index,
            honestRead,
            `${index % 4 === 1 ? 'denied' : 'allowed'}-${index}`.padEnd(1000, 'n'),
            5,
          );
      });
      apiServer.latencyMs.set('subjectaccessreview', 40);
      await attackers.repeat({ count: atOnce, concurrency: atOnce, maxMs }, (index) =>
        send(index, `/x${index}`, `pending-${index}`, 0),
      );
    });
    expectUnharmed(harm);
    const read = names.flatMap(([, name]) => name ?? []);
    expect(reviewed).toEqual(new Set(read.map((name) => `${name} system:authenticated,${group}`)));
    expect(statuses).toEqual(
      new Set(['idle 200', 'denied 403', 'allowed 200', 'long 401', 'pending 403', 'pending 429']),
    );
  });
});
