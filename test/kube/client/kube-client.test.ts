import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import type { KubeError } from '../../../src/kube/client/kube-error.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../support/scripted-apiserver.ts';
import { waitFor } from '../../support/wait-for.ts';

const path = '/api/v1/namespaces/kube-system/configmaps';

let server: ScriptedApiServer;
let client: KubeClient;
let stop: AbortController;

beforeEach(async () => {
  server = await startScriptedApiServer();
  client = await loadKubeClient(await server.podSurroundings());
  stop = new AbortController();
});
afterEach(async () => {
  vi.useRealTimers();
  stop.abort();
  client.close();
  await server[Symbol.asyncDispose]();
});

const options = (timeoutMs = 5000) => ({ signal: stop.signal, timeoutMs });

describe('a call', () => {
  it('tells of a Status: code, reason, message and when to come again', async () => {
    server.fail('configmap.list', {
      kind: 'status',
      code: 429,
      reason: 'TooManyRequests',
      retryAfterSeconds: 3,
    });
    await expect(client.get(`${path}?limit=1`, options())).rejects.toMatchObject({
      name: 'KubeError',
      kind: 'status',
      statusCode: 429,
      reason: 'TooManyRequests',
      retryAfterMs: 3000,
      retryable: true,
      message: `GET ${path} answered 429: scripted 429`,
    });
  });

  it.each([
    [400, false],
    [403, false],
    [409, false],
    [429, true],
    [500, true],
    [503, true],
  ])('takes %i for retryable: %s', async (code, retryable) => {
    server.fail('configmap.list', { kind: 'status', code });
    await expect(client.get(path, options())).rejects.toMatchObject({ statusCode: code, retryable });
  });

  it('waits its turn where a hundred are under way, and all end at their time-out', async () => {
    // A busy machine may take long for a hundred handshakes, and none of the calls may end before.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    server.fail('configmap.list', { kind: 'hang' });
    const calls = Array.from({ length: 300 }, () => client.get(path, options(1500)));
    const ended = Promise.allSettled(calls);
    await waitFor(() => server.count('configmap.list') === 100, 60_000);
    expect(server.openConnections).toBe(100);
    expect(vi.getTimerCount()).toBe(300);
    vi.advanceTimersByTime(1500);
    const reasons = (await ended).map((one) => one.status === 'rejected' && (one.reason as KubeError).kind);
    expect(new Set(reasons)).toEqual(new Set(['timeout']));
    server.recover('configmap.list');
    await client.get(path, options(60_000));
  }, 90_000);

  it.each(['hang', 'stall'] as const)('ends a call at its time-out: %s', async (kind) => {
    server.fail('configmap.list', { kind });
    await expect(client.get(path, options(50))).rejects.toMatchObject({ kind: 'timeout', retryable: true });
    await waitFor(() => server.openConnections === 0);
  });

  it.each(['hang', 'stall'] as const)('ends at once by its signal, with the reason: %s', async (kind) => {
    server.fail('configmap.list', { kind });
    const call = client.get(path, options());
    await waitFor(() => server.count('configmap.list') === 1);
    const reason = new Error('gone');
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    await waitFor(() => server.openConnections === 0);
  });

  it('tells of a broken connection and of a reply that is no JSON', async () => {
    server.fail('configmap.list', { kind: 'cut' });
    await expect(client.get(path, options())).rejects.toMatchObject({ kind: 'network', retryable: true });
    server.fail('configmap.list', { kind: 'garbage' });
    await expect(client.get(path, options())).rejects.toMatchObject({ kind: 'reply' });
  });

  it('goes on over a new connection where the server closed the idle one', async () => {
    await client.get(path, options());
    server.fail('configmap.list', { kind: 'cut' }, 1);
    expect(await client.get(path, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('finds a server that came back', async () => {
    await server.goDown();
    await expect(client.get(path, options())).rejects.toMatchObject({ kind: 'network' });
    await server.comeUp();
    expect(await client.get(path, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('shows no token in any failure', async () => {
    client = await loadKubeClient({ kubeconfig: await server.kubeconfigFile('secret-token') });
    const error: unknown = await client.get(path, options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ statusCode: 401 });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret-token');
    await server.goDown();
    const refused: unknown = await client.get(path, options()).catch((thrown: unknown) => thrown);
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('secret-token');
  });

  it('closes every connection at the end', async () => {
    await Promise.all([client.get(path, options()), client.get(path, options())]);
    expect(server.openConnections).toBeGreaterThan(0);
    client.close();
    await waitFor(() => server.openConnections === 0);
  });
});
