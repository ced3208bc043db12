import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  AuthenticationConfigWatch,
  parseAuthenticationConfig,
} from '../../src/kube/authentication-config.ts';
import { loadKubeClient, type KubeClient } from '../../src/kube/client/kube-client.ts';
import { createCa } from '../support/certificates.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../support/scripted-apiserver.ts';
import { waitFor } from '../support/wait-for.ts';
import { configMapsPath, fastWatch, testDependencies, type TestDependencies } from './kube-harness.ts';

let clientCa: string;
let proxyCa: string;
let data: Readonly<Record<string, string>>;
beforeAll(async () => {
  clientCa = (await createCa('kubernetes')).certificate;
  proxyCa = (await createCa('front-proxy-ca')).certificate;
  data = {
    'client-ca-file': clientCa,
    'requestheader-client-ca-file': proxyCa,
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-username-headers': '["X-Remote-User"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-uid-headers': '["X-Remote-Uid"]',
  };
});

describe('the data of the ConfigMap', () => {
  it('gives the CAs, names and headers to trust', () => {
    expect(parseAuthenticationConfig(data)).toEqual({
      clientCaPem: clientCa,
      requestHeader: {
        caPem: proxyCa,
        allowedNames: ['front-proxy-client'],
        usernameHeaders: ['x-remote-user'],
        groupHeaders: ['x-remote-group'],
        extraHeaderPrefixes: ['x-remote-extra-'],
        uidHeaders: ['x-remote-uid'],
      },
    });
  });

  it('may lack a CA, or everything, and what is missing is not trusted', () => {
    expect(parseAuthenticationConfig({ 'client-ca-file': clientCa })).toEqual({ clientCaPem: clientCa });
    expect(parseAuthenticationConfig({})).toEqual({});
    expect(parseAuthenticationConfig(undefined)).toEqual({});
  });

  it('may lack lists, as in versions before uid headers', () => {
    const older = Object.entries(data).filter(([key]) => key !== 'requestheader-uid-headers');
    expect(parseAuthenticationConfig(Object.fromEntries(older)).requestHeader?.uidHeaders).toEqual([]);
  });

  it('may hold several CAs, with comments between them', () => {
    const { clientCaPem } = parseAuthenticationConfig({
      'client-ca-file': `old:\n${clientCa}# new:\n${proxyCa}`,
    });
    expect(clientCaPem).toBe(clientCa + proxyCa);
  });

  const brokenPem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  it.each<[string, () => unknown, string]>([
    ['an empty client CA', () => ({ 'client-ca-file': '' }), 'client-ca-file holds no PEM certificate'],
    ['a CA that is not PEM', () => ({ 'requestheader-client-ca-file': 'x' }), 'holds no PEM certificate'],
    [
      'a broken certificate',
      () => ({ 'client-ca-file': clientCa + brokenPem }),
      'certificate 2 of client-ca-file',
    ],
    ['names that are not JSON', () => ({ ...data, 'requestheader-allowed-names': 'a,b' }), 'is not JSON'],
    ['an empty list', () => ({ ...data, 'requestheader-username-headers': '' }), 'is not JSON'],
    [
      'names that are not a list',
      () => ({ ...data, 'requestheader-allowed-names': '"a"' }),
      'is not a list of strings',
    ],
    [
      'a list of numbers',
      () => ({ ...data, 'requestheader-group-headers': '[1]' }),
      'is not a list of strings',
    ],
    ['a value that is not a string', () => ({ 'client-ca-file': 1 }), 'is not a map of texts'],
    ['data that is not an object', () => 'x', 'is not a map of texts'],
  ])('is refused with %s', (_, make, message) => {
    expect(() => parseAuthenticationConfig(make())).toThrow(message);
  });
});

describe('the watched configuration', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;
  let dependencies: TestDependencies;
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    server = await startScriptedApiServer();
    client = await loadKubeClient(await server.podEnvironment());
    dependencies = testDependencies();
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await running;
    client.close();
    await server[Symbol.asyncDispose]();
  });

  function start(): AuthenticationConfigWatch {
    const config = new AuthenticationConfigWatch({ ...dependencies, client }, fastWatch);
    running = config.run(stop.signal);
    return config;
  }
  const loads = () => dependencies.observer.of('configLoaded');
  const loaded = (config: AuthenticationConfigWatch, generation: number) =>
    waitFor(() => config.current !== undefined && loads().length === generation);

  it('is loaded, and follows a rotation of either CA', async () => {
    server.setAuthentication(data);
    const config = start();
    await loaded(config, 1);
    expect(config.current?.clientCaPem).toBe(clientCa);
    await waitFor(() => server.configMaps.openWatches === 1);
    server.setAuthentication({ ...data, 'client-ca-file': clientCa + proxyCa });
    await loaded(config, 2);
    expect(config.current?.clientCaPem).toBe(clientCa + proxyCa);
    server.setAuthentication({ ...data, 'requestheader-client-ca-file': clientCa });
    await loaded(config, 3);
    expect(config.current?.requestHeader?.caPem).toBe(clientCa);
    expect(dependencies.observer.of('configLoaded')).toEqual(
      [1, 2, 3].map((generation) => ({ generation, clientCa: true, requestHeader: true })),
    );
  });

  it('is the same object while nothing changes', async () => {
    server.setAuthentication(data);
    const config = start();
    await loaded(config, 1);
    const first = config.current;
    await waitFor(() => server.configMaps.openWatches === 1);
    server.setAuthentication(data);
    server.configMaps.expire('event');
    await waitFor(() => server.count('configmap.list') === 2);
    await waitFor(() => server.configMaps.openWatches === 1);
    expect(config.current).toBe(first);
    expect(loads()).toHaveLength(1);
  });

  it('stays the last good one if the ConfigMap is malformed, which is reported', async () => {
    server.setAuthentication(data);
    const config = start();
    await loaded(config, 1);
    await waitFor(() => server.configMaps.openWatches === 1);
    server.setAuthentication({ ...data, 'requestheader-allowed-names': '[' });
    await waitFor(() => dependencies.observer.of('configMalformed').length === 1);
    expect(dependencies.observer.of('configMalformed')).toEqual([
      { message: 'requestheader-allowed-names is not JSON' },
    ]);
    expect(config.current?.requestHeader?.allowedNames).toEqual(['front-proxy-client']);
    server.setAuthentication({ ...data, 'requestheader-allowed-names': '[]' });
    await loaded(config, 2);
    expect(config.current?.requestHeader?.allowedNames).toEqual([]);
  });

  it('trusts no CA while there is no ConfigMap, which is reported', async () => {
    const config = start();
    await waitFor(() => dependencies.observer.of('objectAbsent').length === 1);
    expect(dependencies.observer.of('objectAbsent')).toMatchObject([{ hadValue: false }]);
    expect(config.current).toBeUndefined();
    expect(config.syncState().synced).toBe(true);
    server.setAuthentication(data);
    await loaded(config, 1);
  });

  it('stays the last one when the ConfigMap is deleted, and follows a new one', async () => {
    server.setAuthentication(data);
    const config = start();
    await loaded(config, 1);
    await waitFor(() => server.configMaps.openWatches === 1);
    server.setAuthentication(undefined);
    await waitFor(() => dependencies.observer.of('objectAbsent').length === 1);
    const name = 'extension-apiserver-authentication';
    expect(dependencies.observer.of('objectAbsent')).toEqual([
      { path: configMapsPath, name, hadValue: true },
    ]);
    expect(config.current?.clientCaPem).toBe(clientCa);
    server.setAuthentication({ ...data, 'client-ca-file': proxyCa });
    await loaded(config, 2);
  });

  it('ignores other ConfigMaps', async () => {
    server.setAuthentication(data);
    const config = start();
    await loaded(config, 1);
    await waitFor(() => server.configMaps.openWatches === 1);
    server.configMaps.put({ metadata: { name: 'another' }, data: { 'client-ca-file': proxyCa } });
    server.setAuthentication({ ...data, 'requestheader-allowed-names': '[]' });
    await loaded(config, 2);
    expect(config.current?.clientCaPem).toBe(clientCa);
  });

  it('trusts no CA without the rights, reports why, and is loaded when they are granted', async () => {
    server.setAuthentication(data);
    const message = 'configmaps "extension-apiserver-authentication" is forbidden';
    server.fail('configmap.list', { kind: 'status', code: 403, message });
    const config = start();
    await waitFor(() => config.problem()?.includes(message));
    expect(config.current).toBeUndefined();
    expect(config.syncState().synced).toBe(false);
    server.recover('configmap.list');
    await loaded(config, 1);
    expect(config.syncState().synced).toBe(true);
  });
});
