import { describe, expect, it } from 'vitest';
import { bindAddressOf, configSchema } from '../../src/config/schema.ts';

/** `{ 'sls.region': ['why', …] }` of what is refused; empty: accepted. */
function faultsOf(tree: unknown): Record<string, string[]> {
  const { error } = configSchema.safeParse(tree);
  const faults: Record<string, string[]> = {};
  for (const { path, message } of error?.issues ?? []) (faults[path.join('.')] ??= []).push(message);
  return faults;
}

const region = { region: 'cn-beijing' };
const goTogether = 'must be given: certificate and private key go together';
const loopback = 'must be a loopback address (127.0.0.1, ::1) where authentication is none';
const endpoint = 'must be a URL such as https://cn-beijing.log.aliyuncs.com or http://127.0.0.1:8088';

describe('configSchema', () => {
  it('needs nothing but a region, and has these defaults', () => {
    expect(configSchema.parse({ sls: region })).toEqual({
      server: {
        securePort: 6443,
        authentication: 'delegated',
        maxRequestsInFlight: 400,
        shutdownDelaySeconds: 8,
      },
      kubernetes: { manageApiService: false, serviceName: 'sls-metrics-adapter' },
      sls: { region: 'cn-beijing', network: 'intranet', connectTimeoutSeconds: 3, readTimeoutSeconds: 10 },
      defaults: {},
      reading: { freshnessSeconds: 5, delaySeconds: 10, deadlineSeconds: 20, maxSeries: 50_000 },
      log: { level: 'info' },
    });
  });

  it('needs a region or an endpoint', () => {
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
      expect(faultsOf({ sls: region, server: { bindAddress, authentication: 'none' } })).toEqual({
        'server.bindAddress': [loopback],
      });
    },
  );

  it('listens on loopback without authentication, else on all addresses, unless told', () => {
    const addressOf = (server: object) => bindAddressOf(configSchema.parse({ sls: region, server }));
    expect(addressOf({ authentication: 'none' })).toBe('127.0.0.1');
    expect(addressOf({})).toBe('0.0.0.0');
    expect(addressOf({ bindAddress: '::' })).toBe('::');
  });

  it('keeps an APIService only for a certificate of its own', () => {
    const server = { tlsCertFile: 'tls.crt', tlsPrivateKeyFile: 'tls.key' };
    expect(faultsOf({ sls: region, server, kubernetes: { manageApiService: true } })).toEqual({
      'kubernetes.manageApiService': [
        'must be false where server.tlsCertFile is given: whoever made that certificate knows its authority',
      ],
    });
    expect(faultsOf({ sls: region, kubernetes: { manageApiService: true } })).toEqual({});
  });

  it('takes certificate and key together only', () => {
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
  ])('takes the endpoint %s', (url) => {
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

  it.each(['cn beijing', 'cn-beijing.log.aliyuncs.com', 'CN-Beijing', 'a/b', ''])(
    'refuses the region %j',
    (name) => {
      expect(faultsOf({ sls: { region: name } })).toEqual({
        'sls.region': ['must be a region such as cn-beijing'],
      });
    },
  );

  it.each([
    ['server', 'securePort', 0, 65535],
    ['server', 'maxRequestsInFlight', 1, 100_000],
    ['server', 'shutdownDelaySeconds', 0, 60],
    ['sls', 'connectTimeoutSeconds', 1, 60],
    ['sls', 'readTimeoutSeconds', 1, 60],
    ['reading', 'freshnessSeconds', 0, 60],
    ['reading', 'delaySeconds', 0, 600],
    ['reading', 'deadlineSeconds', 1, 20],
    ['reading', 'maxSeries', 1, 1_000_000],
  ])('takes %s.%s from %d to %d', (section, key, least, most) => {
    const tree = (value: unknown) => ({
      sls: region,
      [section]: { ...(section === 'sls' ? region : {}), [key]: value },
    });
    for (const value of [least, most]) expect(faultsOf(tree(value))).toEqual({});
    const fault = { [`${section}.${key}`]: [`must be a whole number from ${least} to ${most}`] };
    for (const value of [least - 1, most + 1, least + 0.5, String(least), true])
      expect(faultsOf(tree(value))).toEqual(fault);
  });

  it('checks the rules that span settings whatever else is wrong', () => {
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

  it.each([[5], ['x'], [null], [[]]])('survives the section %j', (section) => {
    expect(Object.keys(faultsOf({ sls: section }))).toEqual(['sls']);
    expect(Object.keys(faultsOf({ sls: region, server: section }))).toEqual(['server']);
  });
});
