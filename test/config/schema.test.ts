import { describe, expect, it } from 'vitest';
import { bindAddressOf, configSchema } from '../../src/config/schema.ts';

/** Returns the faults by path, `{ 'sls.region': ['why', …] }`; empty: accepted. */
function faultsOf(tree: unknown): Record<string, string[]> {
  const { error } = configSchema.safeParse(tree);
  const faults: Record<string, string[]> = {};
  for (const { path, message } of error?.issues ?? []) (faults[path.join('.')] ??= []).push(message);
  return faults;
}

const region = { region: 'cn-beijing' };
const goTogether = 'must be given: certificate and private key go together';
const loopback = 'must be a loopback address (127.0.0.1, ::1) if authentication is none';
const endpoint = 'must be a URL such as https://cn-beijing.log.aliyuncs.com or http://127.0.0.1:8088';

describe('configSchema', () => {
  it('needs only a region, and has these defaults', () => {
    expect(configSchema.parse({ sls: region })).toEqual({
      server: {
        ...{ securePort: 6443, tlsMinVersion: 'VersionTLS12', tlsCipherSuites: [] },
        authentication: 'delegated',
        maxRequestsInFlight: 400,
        maxConnections: 500,
        shutdownDelaySeconds: 8,
      },
      kubernetes: {
        manageApiService: false,
        serviceName: 'sls-metrics-adapter',
        autoscalerNamespaces: [],
      },
      sls: {
        region: 'cn-beijing',
        network: 'intranet',
        credentials: { source: 'default' },
        connectTimeoutSeconds: 3,
        readTimeoutSeconds: 10,
        maxConcurrentQueries: 5,
        maxQueriesPerSecond: 20,
        breaker: { failures: 10, openSeconds: 3 },
      },
      defaults: {},
      reading: {
        refreshesIn15Seconds: 4,
        freshnessSeconds: 10,
        maxStaleSeconds: 60,
        patienceSeconds: 2,
        deadlineSeconds: 20,
        maxSeries: 20_000,
        maxForecasts: 1000,
        perNamespace: { maxSeries: 5000, maxLogstores: 50, maxProjects: 20 },
        maxNamedRoutes: 5,
        window: 'fixed',
        delay: { initialSeconds: 10, leastSeconds: 2, mostSeconds: 60 },
        silence: { holdSeconds: 600 },
      },
      heartbeat: {},
      projects: [],
      metrics: [],
      hosts: {},
      logColumns: [],
      access: { ownRoutesOnly: false, knownNamespaces: [], rules: [] },
      telemetry: { bindAddress: '127.0.0.1', statusPage: false, maxSeriesValues: 0 },
      keda: {},
      log: { level: 'info' },
    });
  });

  it('requires telemetry.port if the status page is on', () => {
    const fault = { 'telemetry.port': ['must be given if telemetry.statusPage is true'] };
    expect(faultsOf({ sls: region, telemetry: { statusPage: true } })).toEqual(fault);
    expect(faultsOf({ sls: region, telemetry: { statusPage: true, port: 0 } })).toEqual({});
  });

  it('requires keda.port for client authorities, which need TLS', () => {
    const keda = { clientCaFile: 'ca.crt' };
    expect(faultsOf({ sls: region, keda })).toEqual({
      'keda.port': ['must be given if keda.clientCaFile is'],
    });
    const server = { authentication: 'none' };
    expect(faultsOf({ sls: region, server, keda: { ...keda, port: 0 } })).toEqual({
      'keda.clientCaFile': [
        'must be left out if authentication is none: the port is then without TLS, on loopback',
      ],
    });
    expect(faultsOf({ sls: region, keda: { ...keda, port: 0 } })).toEqual({});
  });

  it('requires a region or an endpoint', () => {
    expect(faultsOf({})).toEqual({ 'sls.region': ['must be given, unless sls.endpoint is'] });
    expect(faultsOf({ sls: { endpoint: 'http://127.0.0.1:8088' } })).toEqual({});
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])(
    'listens on %s without authentication',
    (bindAddress) => {
      expect(faultsOf({ sls: region, server: { bindAddress, authentication: 'none' } })).toEqual({});
    },
  );

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', '127.evil', 'example.com', '1270.0.0.1'])(
    'refuses to listen on %s without authentication',
    (bindAddress) => {
      const faults = { 'server.bindAddress': [loopback] };
      expect(faultsOf({ sls: region, server: { bindAddress, authentication: 'none' } })).toEqual(faults);
    },
  );

  it('listens on loopback without authentication, otherwise on all addresses, by default', () => {
    const addressOf = (server: object) => bindAddressOf(configSchema.parse({ sls: region, server }));
    const servers = [{ authentication: 'none' }, {}, { bindAddress: '::' }];
    expect(servers.map(addressOf)).toEqual(['127.0.0.1', '0.0.0.0', '::']);
  });

  it('refuses manageApiService with a serving certificate of the user', () => {
    const server = { tlsCertFile: 'tls.crt', tlsPrivateKeyFile: 'tls.key' };
    expect(faultsOf({ sls: region, server, kubernetes: { manageApiService: true } })).toEqual({
      'kubernetes.manageApiService': [
        'must be false if server.tlsCertFile is given: the adapter does not know the authority of that certificate',
      ],
    });
    expect(faultsOf({ sls: region, kubernetes: { manageApiService: true } })).toEqual({});
  });

  it('requires certificate and private key together', () => {
    const [tlsCertFile, tlsPrivateKeyFile] = ['tls.crt', 'tls.key'];
    expect(faultsOf({ sls: region, server: { tlsCertFile, tlsPrivateKeyFile } })).toEqual({});
    expect(faultsOf({ sls: region, server: { tlsCertFile } })).toEqual({
      'server.tlsPrivateKeyFile': [goTogether],
    });
    expect(faultsOf({ sls: region, server: { tlsPrivateKeyFile } })).toEqual({
      'server.tlsCertFile': [goTogether],
    });
  });

  it.each([
    'http://127.0.0.1:8088',
    'http://localhost:8088/',
    'https://cn-beijing.log.aliyuncs.com',
    'https://[::1]:8443',
  ])('accepts the endpoint %s', (url) => {
    expect(faultsOf({ sls: { endpoint: url } })).toEqual({});
  });

  it.each([
    'cn-beijing.log.aliyuncs.com',
    'cn-beijing.log.aliyuncs.com:443',
    'ftp://example.com',
    'https://example.com/logs',
    'https://example.com?a=b',
    'https://example.com#a',
    'https://key@example.com',
    '',
    80,
  ])('refuses the endpoint %s', (url) => {
    const faults = faultsOf({ sls: { endpoint: url } });
    expect(new Set(faults['sls.endpoint'])).toEqual(new Set([endpoint]));
  });

  it.each(['cn beijing', 'CN-Beijing', 'a/b', ''])('refuses the region %j', (name) => {
    expect(faultsOf({ sls: { region: name } })).toEqual({
      'sls.region': ['must be a region such as cn-beijing'],
    });
  });

  it('lets a project override all of `reading` and `sls` except global settings', () => {
    const global = {
      reading: ['maxSeries', 'maxForecasts', 'perNamespace'],
      sls: ['connectTimeoutSeconds', 'readTimeoutSeconds', 'maxQueriesPerSecond'],
    };
    const { reading, sls } = configSchema.parse({ sls: region });
    const faultsWith = (one: object) =>
      Object.keys(faultsOf({ sls: region, projects: [{ project: 'a1', ...one }] }));
    for (const [key, name] of Object.entries(reading))
      expect(faultsWith({ reading: { [key]: name } })).toEqual(
        global.reading.includes(key) ? ['projects.0.reading'] : [],
      );
    for (const [key, name] of Object.entries(sls))
      expect(faultsWith({ sls: { [key]: name } })).toEqual(
        global.sls.includes(key) ? ['projects.0.sls'] : [],
      );
  });

  it('gives a project no defaults, so that it inherits what it leaves out', () => {
    const projects = [{ project: 'a1', reading: { delay: {} }, sls: { breaker: {} } }, { project: 'a2' }];
    expect(configSchema.parse({ sls: region, projects }).projects).toEqual(projects);
  });

  it.each(['k8s-log-c1', 'k8s-log-*', '*', '*-prod', 'a*b*c', '**', 'a1', '0'.repeat(63)])(
    'takes the project %j',
    (project) => {
      expect(faultsOf({ sls: region, projects: [{ project }] })).toEqual({});
    },
  );

  it.each(['', 'a', 'K8s', 'a_b', '-a', 'a-', 'a.b', 'a b', 'a?', '0'.repeat(64), 5, undefined])(
    'refuses the project %j',
    (project) => {
      expect(faultsOf({ sls: region, projects: [{ project }] })).toEqual({
        'projects.0.project': ['must be a project such as k8s-log-c1, or a pattern such as k8s-log-*'],
      });
    },
  );

  it('accepts autoscalerNamespaces that are valid namespaces, each once', () => {
    const faults = (autoscalerNamespaces: unknown) =>
      faultsOf({ sls: region, kubernetes: { autoscalerNamespaces } });
    expect(faults(['default', 'a', '0-0', 'a'.repeat(63)])).toEqual({});
    const wrong = ['must be a namespace: up to 63 lower-case letters, digits and hyphens'];
    const twice = ['must not occur twice'];
    expect(faults(['a', 'A', 'a-', '-a', '*', 'a.b', 'a'.repeat(64), '', 5, 'a'])).toEqual({
      ...Object.fromEntries(
        [1, 2, 3, 4, 5, 6, 7, 8].map((at) => [`kubernetes.autoscalerNamespaces.${at}`, wrong]),
      ),
      'kubernetes.autoscalerNamespaces.9': twice,
    });
    for (const value of ['default', { a: 1 }, 5, null])
      expect(faults(value)).toEqual({ 'kubernetes.autoscalerNamespaces': ['must be a list of namespaces'] });
  });

  it('checks rules that span settings even if other settings are wrong', () => {
    const server = {
      authentication: 'none',
      bindAddress: '0.0.0.0',
      tlsCertFile: 'tls.crt',
      securePort: 'x',
    };
    expect(faultsOf({ server, sls: { network: 'x' }, log: { level: 'loud' } })).toEqual({
      'server.securePort': ['must be a whole number from 0 to 65535'],
      'server.tlsPrivateKeyFile': [goTogether],
      'server.bindAddress': [loopback],
      'sls.network': ['must be one of intranet, public, accelerate'],
      'sls.region': ['must be given, unless sls.endpoint is'],
      'log.level': ['must be one of trace, debug, info, warn, error, fatal, silent'],
    });
  });

  it.each([[5], ['x'], [null], [[]]])('refuses the section %j without crashing', (section) => {
    expect(Object.keys(faultsOf({ sls: section }))).toEqual(['sls']);
    for (const key of ['server', 'kubernetes', 'defaults', 'reading', 'log'])
      expect(faultsOf({ sls: region, [key]: section })).toEqual({ [key]: ['must be a mapping of settings'] });
    expect(faultsOf({ sls: region, reading: { delay: section } })).toEqual({
      'reading.delay': ['must be a mapping of settings'],
    });
    expect(faultsOf({ sls: region, projects: [section] })).toEqual({
      'projects.0': ['must be a mapping of settings'],
    });
  });
});
