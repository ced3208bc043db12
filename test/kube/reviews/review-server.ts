import { afterEach, beforeEach } from 'vitest';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../support/scripted-apiserver.ts';
import { TestClock } from '../../support/test-clock.ts';
import { testDependencies, type TestDependencies } from '../kube-harness.ts';

/** What each test of reviews gets anew. */
interface ReviewServer {
  server: ScriptedApiServer;
  client: KubeClient;
  clock: TestClock;
  dependencies: TestDependencies;
}

/** The API server knows this token. */
export const token = 'eyJhbGciOi.secret-part.signature';
export const address = '192.0.2.1';
export const anyone = new AbortController().signal;

/** Starts an API server and a client before each test of the file, and ends them after it. */
export function useReviewServer(): Readonly<ReviewServer> {
  const api = {} as ReviewServer;
  beforeEach(async () => {
    api.server = await startScriptedApiServer();
    api.client = await loadKubeClient(await api.server.podEnvironment());
    api.clock = new TestClock();
    api.dependencies = testDependencies({ clock: api.clock, monotonicMs: api.clock.monotonicMs });
    api.server.tokens.set(token, {
      username: 'jane',
      uid: 'u-1',
      groups: ['devs', 'a,b'],
      extra: { 'Example.com/Scope': ['x', 'y'] },
    });
  });
  afterEach(async () => {
    api.client.close();
    await api.server[Symbol.asyncDispose]();
  });
  return api;
}
