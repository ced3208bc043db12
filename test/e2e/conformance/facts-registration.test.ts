import { once } from 'node:events';
import http2 from 'node:http2';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { basePath, logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { jsonOf, protocols, startFactsCluster, type FactsCluster } from '../../support/facts-cluster.ts';
import { adapterManifests, only, parseObjects } from '../../support/manifests.ts';
import { waitFor } from '../../support/wait-for.ts';
import { expectWithin, tookMs } from '../../support/own-time.ts';

let facts: FactsCluster;
let ca: string;
beforeAll(async () => {
  facts = await startFactsCluster({ flags: { serviceName: 'adapter', serviceNamespace: 'metrics' } });
  ca = await readFile(facts.cluster.adapter.certificateFile, 'utf8');
});
afterAll(() => facts[Symbol.asyncDispose]());
beforeEach(() => facts.allow());

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const { hostname, port } = new URL(facts.cluster.adapter.url);
  const socket = connect({ host: hostname, port: Number(port), ca, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

describe('registration', () => {
  it('the APIService is v1beta1.external.metrics.k8s.io with both priorities 100 and never insecureSkipTLSVerify', async () => {
    const objects = parseObjects(await readFile(join(adapterManifests, 'apiservice.yaml'), 'utf8'));
    const { metadata, spec } = only<{ readonly spec: object }>(objects, 'APIService');
    expect(metadata.name).toBe('v1beta1.external.metrics.k8s.io');
    expect(spec).toMatchObject({ groupPriorityMinimum: 100, versionPriority: 100 });
    expect(spec).not.toHaveProperty('insecureSkipTLSVerify');
  });

  it.each(['adapter.metrics.svc', 'adapter.metrics.svc.cluster.local', 'localhost'])(
    'the certificate has the SAN %s, which the aggregator checks',
    async (servername) => {
      const socket = await handshake({ servername });
      expect(new X509Certificate(ca).checkHost(servername)).toBe(servername);
      socket.destroy();
    },
  );

  it('the certificate has no SAN of another Service', async () => {
    await expect(handshake({ servername: 'other.metrics.svc' })).rejects.toThrow(/altnames/);
  });
});

describe('TLS', () => {
  it.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused', async (version) => {
    // Without this security level the client would not offer it.
    const weak = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    await expect(handshake(weak)).rejects.toMatchObject({
      code: expect.stringMatching(/ALERT|PROTOCOL/) as unknown,
    });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is accepted', async (version) => {
    const socket = await handshake({ minVersion: version, maxVersion: version });
    expect(socket.getProtocol()).toBe(version);
    socket.destroy();
  });

  it.each([
    ['h2', ['h2', 'http/1.1'], 'h2'],
    ['HTTP/1.1', ['http/1.1'], 'http/1.1'],
  ])('%s is negotiated if it is offered', async (_, ALPNProtocols, negotiated) => {
    const socket = await handshake({ ALPNProtocols });
    expect(socket.alpnProtocol).toBe(negotiated);
    socket.destroy();
  });

  it('a client certificate is requested but not required', async () => {
    expect((await facts.cluster.request({ path: '/livez' })).statusCode).toBe(200);
    expect((await facts.ask()).statusCode).toBe(200);
  });
});

describe.each(protocols)('life cycle over %s', (protocol) => {
  it('five availability probes at once are answered while SLS and the API server hang', async () => {
    facts.cluster.apiServer.fail('subjectaccessreview', { kind: 'hang' });
    facts.cluster.emulator.setFaults({ hang: true });
    const probe = async () => {
      const replies = await Promise.all(
        Array.from({ length: 5 }, () => facts.ask({ protocol, path: basePath })),
      );
      expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    };
    expectWithin(await tookMs(probe), 2500);
    facts.cluster.apiServer.recover('subjectaccessreview');
    facts.cluster.emulator.setFaults({});
  });

  it('60 KB of headers are accepted', async () => {
    const headers = { 'x-long': 'x'.repeat(60 * 1024) };
    expect((await facts.ask({ protocol, headers })).statusCode).toBe(200);
  });
});

describe('life cycle', () => {
  it("keepAliveTimeout exceeds the 90 s of Go's idle connections", async () => {
    const { headers } = await facts.ask({ headers: { connection: 'keep-alive' } });
    const [, seconds] = /timeout=(\d+)/.exec(String(headers['keep-alive'])) ?? [];
    expect(Number(seconds)).toBeGreaterThan(90);
  });

  it('400 requests of a user may be in flight, and its next gets a 429 Status without Retry-After', async () => {
    const { emulator, adapter } = facts.cluster;
    emulator.setFaults({ hang: true });
    const { certificate: cert, key } = await facts.front();
    const labels = {
      'sls.project': project,
      'sls.logstore': logstore,
      'sls.ingress.route': 'default-full-80',
    };
    const read = { ':path': readPath('sls_ingress_qps', selectorOf(labels)), 'x-remote-user': 'hpa' };
    const sessions = [1, 2].map(() => http2.connect(adapter.url, { ca, cert, key }));
    for (const session of sessions) {
      await once(session, 'connect');
      for (let sent = 0; sent < 200; sent++) session.request(read).on('error', () => undefined);
    }
    const headers = { 'x-remote-user': 'hpa' };
    const refused = await waitFor(async () => {
      const reply = await facts.ask({ path: '/apis', headers });
      return reply.statusCode === 429 && reply;
    });
    expect((await facts.ask({ path: '/apis' })).statusCode).toBe(200);
    expect(jsonOf(refused)).toMatchObject({ kind: 'Status', code: 429, details: { retryAfterSeconds: 1 } });
    expect(refused.headers['retry-after']).toBeUndefined();
    for (const session of sessions) session.destroy();
    await waitFor(async () => (await facts.ask({ path: '/apis', headers })).statusCode === 200);
    emulator.setFaults({});
  });
});
