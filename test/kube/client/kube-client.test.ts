import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import type { KubeError } from '../../../src/kube/client/kube-error.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../support/scripted-apiserver.ts';
import { waitFor } from '../../support/wait-for.ts';
import { configMapsPath, listConfigMaps } from '../kube-harness.ts';

let server: ScriptedApiServer;
let client: KubeClient;
let stop: AbortController;

beforeEach(async () => {
  server = await startScriptedApiServer();
  client = await loadKubeClient(await server.podEnvironment());
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  client.close();
  await server[Symbol.asyncDispose]();
});

const options = (timeoutMs = 300_000) => ({ signal: stop.signal, timeoutMs });

describe('a call', () => {
  it('fails with the code, reason, message and Retry-After of a Status', async () => {
    server.fail('configmap.list', {
      kind: 'status',
      code: 429,
      reason: 'TooManyRequests',
      retryAfterSeconds: 3,
    });
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({
      name: 'KubeError',
      kind: 'status',
      statusCode: 429,
      reason: 'TooManyRequests',
      retryAfterMs: 3000,
      retryable: true,
      message: `GET ${configMapsPath} answered 429: scripted 429`,
    });
  });

  it.each([
    [400, false],
    [403, false],
    [409, false],
    [429, true],
    [500, true],
    [503, true],
  ])('fails with %i, which is retryable: %s', async (code, retryable) => {
    server.fail('configmap.list', { kind: 'status', code });
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({ statusCode: code, retryable });
  });

  it('takes at most 100 connections, and a call that waits for one ends at its time-out', async () => {
    server.fail('configmap.list', { kind: 'hang' });
    const list = (timeoutMs: number) =>
      listConfigMaps(client, options(timeoutMs)).catch((error: unknown) => error);
    const first = Array.from({ length: 100 }, () => list(90_000));
    await waitFor(() => server.count('configmap.list') === 100);
    const waiting = await Promise.all(Array.from({ length: 200 }, () => list(300)));
    expect(new Set(waiting.map((error) => (error as KubeError).kind))).toEqual(new Set(['timeout']));
    expect(server.openConnections).toBe(100);
    expect(server.count('configmap.list')).toBe(100);
    stop.abort();
    await Promise.all(first);
    stop = new AbortController();
    server.recover('configmap.list');
    await listConfigMaps(client, options(60_000));
  });

  it.each(['hang', 'stall'] as const)('ends at its time-out: %s', async (kind) => {
    server.fail('configmap.list', { kind });
    await expect(listConfigMaps(client, options(50))).rejects.toMatchObject({
      kind: 'timeout',
      retryable: true,
    });
    await waitFor(() => server.openConnections === 0);
  });

  it.each(['hang', 'stall'] as const)('ends at once with the reason of its signal: %s', async (kind) => {
    server.fail('configmap.list', { kind });
    const call = listConfigMaps(client, options());
    await waitFor(() => server.count('configmap.list') === 1);
    const reason = new Error('gone');
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    await waitFor(() => server.openConnections === 0);
  });

  it('fails after a broken connection and after a reply that is not JSON', async () => {
    server.fail('configmap.list', { kind: 'cut' });
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({
      kind: 'network',
      retryable: true,
    });
    server.fail('configmap.list', { kind: 'garbage' });
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({ kind: 'reply' });
  });

  it('fails on a reply over 10 MiB, and on one that is packed', async () => {
    server.fail('configmap.list', { kind: 'endless' });
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({
      kind: 'size',
      message: `GET ${configMapsPath} answered more than 10485760 bytes`,
    });
    await waitFor(() => server.openConnections === 0);
    server.fail('configmap.list', { kind: 'packed' });
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({
      kind: 'reply',
      message: `GET ${configMapsPath} answered a packed reply, which was not asked for`,
    });
  });

  it('is repeated over a new connection if the server closed the idle one', async () => {
    await listConfigMaps(client, options());
    // The connection is idle in the next turn of the event loop.
    await new Promise(setImmediate);
    server.fail('configmap.list', { kind: 'cut' }, 1);
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('succeeds after the server came back', async () => {
    await server.goDown();
    await expect(listConfigMaps(client, options())).rejects.toMatchObject({ kind: 'network' });
    await server.comeUp();
    expect(await listConfigMaps(client, options())).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('shows no token in any failure', async () => {
    client = await loadKubeClient({ kubeconfig: await server.kubeconfigFile('secret-token') });
    const error: unknown = await listConfigMaps(client, options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ statusCode: 401 });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret-token');
    await server.goDown();
    const refused: unknown = await listConfigMaps(client, options()).catch((thrown: unknown) => thrown);
    expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('secret-token');
  });

  it('leaves no connection after close', async () => {
    await Promise.all([listConfigMaps(client, options()), listConfigMaps(client, options())]);
    expect(server.openConnections).toBeGreaterThan(0);
    client.close();
    await waitFor(() => server.openConnections === 0);
  });
});
