import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goodRead } from '../../support/cluster.ts';
import { startFactsCluster, type FactsCluster } from '../../support/facts-cluster.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Unhandled rejections, and Node's warnings of leaks. */
const warnings: string[] = [];
const collect = (thrown: unknown) => void warnings.push(String(thrown));

let facts: FactsCluster;
beforeAll(async () => {
  process.on('unhandledRejection', collect).on('warning', collect);
  facts = await startFactsCluster({ file: 'server: { maxRequestsInFlight: 40 }' });
});
afterAll(async () => {
  process.off('unhandledRejection', collect).off('warning', collect);
  await facts[Symbol.asyncDispose]();
});

const senders = {
  h1: (headers: Readonly<Record<string, string>>) => {
    const agent = new https.Agent({ rejectUnauthorized: false });
    const url = new URL(goodRead, facts.cluster.adapter.url);
    const requests = Array.from({ length: 30 }, () =>
      https.get(url, { agent, headers }).on('error', () => undefined),
    );
    return Promise.resolve(() => requests.forEach((request) => request.destroy()));
  },
  h2: async (headers: Readonly<Record<string, string>>) => {
    const session = http2.connect(facts.cluster.adapter.url, { rejectUnauthorized: false });
    await once(session, 'connect');
    for (let sent = 0; sent < 30; sent++)
      session.request({ ':path': goodRead, ...headers }).on('error', () => undefined);
    return () => session.destroy();
  },
};

describe.each(['h1', 'h2'] as const)('clients that disconnect over %s', (protocol) => {
  it.each([
    ['while their token is reviewed', 'tokenreview', () => ({ authorization: `Bearer ${facts.newUser()}` })],
    ['while their access is reviewed', 'subjectaccessreview', () => ({})],
  ] as const)('%s leave no in-flight slot, no review and no warning behind', async (_, endpoint, headers) => {
    const { apiServer } = facts.cluster;
    facts.allow(() => false);
    const before = apiServer.count(endpoint);
    apiServer.fail(endpoint, { kind: 'hang' });
    const idle = apiServer.openConnections;
    const disconnect = await senders[protocol](headers());
    await waitFor(() => apiServer.count(endpoint) > before);
    disconnect();
    await waitFor(() => apiServer.openConnections <= idle);
    apiServer.recover(endpoint);
    facts.allow();
    const replies = await Promise.all(Array.from({ length: 35 }, () => facts.ask({ protocol })));
    expect(new Set(replies.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(warnings).toEqual([]);
    const { logLines } = facts.cluster.adapter;
    expect(logLines.filter(({ code }) => code === 'AuthorizationUnavailable')).toEqual([]);
  });
});

describe('many requests over one connection', () => {
  it.each(['h1', 'h2'] as const)('leave no listeners behind over %s', async (protocol) => {
    const { url } = facts.cluster.adapter;
    const { certificate: cert, key } = await facts.front();
    const headers = { 'x-remote-user': facts.newUser() };
    if (protocol === 'h1') {
      const agent = new https.Agent({ rejectUnauthorized: false, cert, key, keepAlive: true, maxSockets: 1 });
      for (let sent = 0; sent < 40; sent++) await facts.cluster.adapter.request(goodRead, { agent, headers });
      agent.destroy();
    } else {
      const session = http2.connect(url, { rejectUnauthorized: false, cert, key });
      for (let sent = 0; sent < 40; sent++) {
        const stream = session.request({ ':path': goodRead, ...headers }).resume();
        await once(stream, 'close');
      }
      session.close();
    }
    expect(warnings).toEqual([]);
  });
});
