import { describe, expect, it } from 'vitest';
import { bindAddressOf, configSchema } from '../../src/config/schema.ts';

type Tree = Readonly<Record<string, unknown>>;

/** Returns the faults by path, `{ 'sls.region': ['why', …] }`; empty: accepted. */
function faultsOf(tree: unknown): Record<string, string[]> {
  const { error } = configSchema.safeParse(tree);
  const faults: Record<string, string[]> = {};
  for (const { path, message } of error?.issues ?? []) (faults[path.join('.')] ??= []).push(message);
  return faults;
}

/** Returns `tree` with `value` at `path`. */
function planted(tree: Tree, path: string, value: unknown): Tree {
  const [head = '', ...rest] = path.split('.');
  return {
    ...tree,
    [head]: rest.length === 0 ? value : planted((tree[head] ?? {}) as Tree, rest.join('.'), value),
  };
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
        breaker: { failures: 10, openSeconds: 3 },
      },
      defaults: {},
      reading: {
        refreshesIn15Seconds: 4,
        freshnessSeconds: 10,
        maxStaleSeconds: 60,
        patienceSeconds: 2,
        deadlineSeconds: 20,
        maxSeries: 50_000,
        maxNamedRoutes: 5,
        window: 'fixed',
        delay: { initialSeconds: 10, leastSeconds: 2, mostSeconds: 60 },
        silence: { holdSeconds: 600 },
      },
      heartbeat: {},
      projects: [],
      metrics: [],
      hosts: {},
      access: { ownRoutesOnly: false, knownNamespaces: [], rules: [] },
      telemetry: { bindAddress: '127.0.0.1', statusPage: false, maxSeriesValues: 0 },
      log: { level: 'info' },
    });
  });

  it('requires telemetry.port if the status page is on', () => {
    const fault = { 'telemetry.port': ['must be given if telemetry.statusPage is true'] };
    expect(faultsOf({ sls: region, telemetry: { statusPage: true } })).toEqual(fault);
    expect(faultsOf({ sls: region, telemetry: { statusPage: true, port: 0 } })).toEqual({});
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

  /** Other values of `reading` that keep the rules that span settings satisfied. */
  const wide: Readonly<Record<string, object>> = {
    'reading.freshnessSeconds': { reading: { maxStaleSeconds: 3600 } },
    'reading.maxStaleSeconds': { reading: { freshnessSeconds: 0 } },
    'reading.delay.initialSeconds': { reading: { delay: { leastSeconds: 0, mostSeconds: 600 } } },
    'reading.delay.leastSeconds': { reading: { delay: { initialSeconds: 600, mostSeconds: 600 } } },
    'reading.delay.mostSeconds': { reading: { delay: { initialSeconds: 0, leastSeconds: 0 } } },
  };
  const ofEachProject: readonly (readonly [string, number, number])[] = [
    ['sls.maxConcurrentQueries', 1, 100],
    ['sls.breaker.failures', 1, 100],
    ['sls.breaker.openSeconds', 1, 300],
    ['reading.refreshesIn15Seconds', 0, 15],
    ['reading.freshnessSeconds', 0, 60],
    ['reading.maxStaleSeconds', 0, 3600],
    ['reading.patienceSeconds', 0, 20],
    ['reading.deadlineSeconds', 1, 20],
    ['reading.maxNamedRoutes', 0, 1000],
    ['reading.delaySeconds', 0, 600],
    ['reading.delay.initialSeconds', 0, 600],
    ['reading.delay.leastSeconds', 0, 600],
    ['reading.delay.mostSeconds', 0, 600],
    ['reading.silence.holdSeconds', 0, 3600],
  ];

  it.each<readonly [string, number, number]>([
    ['server.securePort', 0, 65535],
    ['server.maxRequestsInFlight', 1, 100_000],
    ['server.shutdownDelaySeconds', 0, 60],
    ['sls.connectTimeoutSeconds', 1, 60],
    ['sls.readTimeoutSeconds', 1, 60],
    ['reading.maxSeries', 1, 1_000_000],
    ...ofEachProject,
  ])('accepts %s from %d to %d', (path, least, most) => {
    const tree = (value: unknown) => planted({ sls: region, ...wide[path] }, path, value);
    for (const value of [least, most]) expect(faultsOf(tree(value))).toEqual({});
    const fault = { [path]: [`must be a whole number from ${least} to ${most}`] };
    for (const value of [least - 1, most + 1, least + 0.5, String(least), true])
      expect(faultsOf(tree(value))).toEqual(fault);
  });

  it.each(ofEachProject)('accepts %s of a project from %d to %d', (path, least, most) => {
    const tree = (value: unknown) => ({
      sls: region,
      projects: [{ project: 'k8s-log-c1' }, { project: '*', ...planted({ ...wide[path] }, path, value) }],
    });
    for (const value of [least, most]) expect(faultsOf(tree(value))).toEqual({});
    const fault = { [`projects.1.${path}`]: [`must be a whole number from ${least} to ${most}`] };
    for (const value of [least - 1, most + 1, least + 0.5, String(least), true])
      expect(faultsOf(tree(value))).toEqual(fault);
  });

  it('lets a project override all of `reading` and `sls` except global settings', () => {
    const { maxSeries, ...reading } = configSchema.parse({ sls: region }).reading;
    const { connectTimeoutSeconds, readTimeoutSeconds, ...sls } = configSchema.parse({ sls: region }).sls;
    const projects = [{ project: 'a1', reading, sls: { ...sls, endpoint: 'http://127.0.0.1:1' } }];
    expect(faultsOf({ sls: region, projects })).toEqual({});
    const unknown = [
      { project: 'a1', reading: { maxSeries }, sls: { connectTimeoutSeconds, readTimeoutSeconds } },
    ];
    expect(Object.keys(faultsOf({ sls: region, projects: unknown }))).toEqual([
      'projects.0.reading',
      'projects.0.sls',
    ]);
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
