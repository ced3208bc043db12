import { describe, expect, it } from 'vitest';
import { parseEndpointUrl, resolveEndpoint, stsHost, type Network } from '../../src/sls/endpoint.ts';

describe('resolveEndpoint with a region', () => {
  it.each<[Network, boolean | undefined, string]>([
    ['public', undefined, 'cn-beijing.log.aliyuncs.com'],
    ['intranet', undefined, 'cn-beijing-intranet.log.aliyuncs.com'],
    ['accelerate', undefined, 'log-global.aliyuncs.com'],
    // sls.internal.endpoint of a request overrides the configured network.
    ['public', true, 'cn-beijing-intranet.log.aliyuncs.com'],
    ['intranet', false, 'cn-beijing.log.aliyuncs.com'],
    ['intranet', true, 'cn-beijing-intranet.log.aliyuncs.com'],
    ['accelerate', true, 'cn-beijing-intranet.log.aliyuncs.com'],
    ['accelerate', false, 'cn-beijing.log.aliyuncs.com'],
  ])('with network %s and sls.internal.endpoint %s', (network, internal, hostname) => {
    expect(resolveEndpoint({ region: 'cn-beijing', network }, internal)).toEqual({
      url: `https://${hostname}`,
      protocol: 'https',
      authority: hostname,
      hostname,
      port: 443,
      connectByProject: true,
    });
  });

  it('fails without a region and a URL', () => {
    expect(() => resolveEndpoint({ network: 'public' })).toThrow(
      expect.objectContaining({ code: 'ConfigInvalid' }),
    );
  });

  it('refuses a region whose characters would lead to another host', () => {
    for (const region of ['example.com#', 'example.com/', 'a@example.com', 'example.com?', 'a b']) {
      expect(() => resolveEndpoint({ region, network: 'public' }), region).toThrow(/must be a URL/);
    }
  });
});

describe('parseEndpointUrl', () => {
  it.each<[string, string, string, number, boolean]>([
    // URL, authority, hostname, port, whether connections go to {project}.{hostname}
    [
      'https://cn-beijing.log.aliyuncs.com',
      'cn-beijing.log.aliyuncs.com',
      'cn-beijing.log.aliyuncs.com',
      443,
      true,
    ],
    [
      'https://CN-Beijing.Log.Aliyuncs.com/',
      'cn-beijing.log.aliyuncs.com',
      'cn-beijing.log.aliyuncs.com',
      443,
      true,
    ],
    ['http://sls.example.com:8080', 'sls.example.com:8080', 'sls.example.com', 8080, true],
    ['http://sls.example.com:80', 'sls.example.com', 'sls.example.com', 80, true],
    ['http://127.0.0.1:8088', '127.0.0.1:8088', '127.0.0.1', 8088, false],
    ['http://127.1:8088', '127.0.0.1:8088', '127.0.0.1', 8088, false],
    ['https://10.0.0.5', '10.0.0.5', '10.0.0.5', 443, false],
    ['http://[::1]:8088', '[::1]:8088', '::1', 8088, false],
    ['https://[2001:db8::1]', '[2001:db8::1]', '2001:db8::1', 443, false],
    ['http://localhost:8088', 'localhost:8088', 'localhost', 8088, false],
    ['http://sls.localhost', 'sls.localhost', 'localhost', 80, false],
    ['http://notlocalhost:1', 'notlocalhost:1', 'notlocalhost', 1, true],
    ['http://1.2.3.example.com', '1.2.3.example.com', '1.2.3.example.com', 80, true],
  ])('parses %s', (url, authority, hostname, port, connectByProject) => {
    const protocol = url.split(':')[0];
    const expected = {
      url: `${protocol}://${authority}`,
      protocol,
      authority,
      hostname,
      port,
      connectByProject,
    };
    expect(parseEndpointUrl(url)).toEqual(expected);
    expect(resolveEndpoint({ region: 'cn-beijing', network: 'public', url }, true)).toEqual(expected);
  });

  it.each([
    '',
    'cn-beijing.log.aliyuncs.com',
    '127.0.0.1:8088',
    'ftp://127.0.0.1',
    'http://',
    'http://127.0.0.1/path',
    'http://127.0.0.1/?query',
    'http://127.0.0.1/#fragment',
    'http://user@127.0.0.1',
    'http://:password@127.0.0.1',
    'http://127.0.0.1:99999',
    'http://999.0.0.1',
    'http://a b',
  ])('refuses %j with examples in the message', (url) => {
    expect(() => parseEndpointUrl(url)).toThrow(
      expect.objectContaining({
        code: 'ConfigInvalid',
        what: `SLS endpoint ${JSON.stringify(url)} must be a URL such as https://cn-beijing.log.aliyuncs.com or http://127.0.0.1:8088`,
      }),
    );
  });
});

describe('stsHost', () => {
  it.each<[Network, string | undefined, string]>([
    ['intranet', 'cn-beijing', 'sts-vpc.cn-beijing.aliyuncs.com'],
    ['public', 'cn-beijing', 'sts.cn-beijing.aliyuncs.com'],
    ['accelerate', 'cn-beijing', 'sts.cn-beijing.aliyuncs.com'],
    ['intranet', undefined, 'sts.aliyuncs.com'],
  ])('with network %s in region %s is %s', (network, region, host) => {
    expect(stsHost({ network, region })).toBe(host);
  });

  it.each([
    ['https://cn-hangzhou-intranet.log.aliyuncs.com', 'sts-vpc.cn-hangzhou.aliyuncs.com'],
    ['http://cn-hangzhou-intranet.log.aliyuncs.com:80/', 'sts-vpc.cn-hangzhou.aliyuncs.com'],
    ['https://cn-hangzhou.log.aliyuncs.com', 'sts.cn-hangzhou.aliyuncs.com'],
    ['https://log-global.aliyuncs.com', 'sts-vpc.cn-beijing.aliyuncs.com'],
    ['http://127.0.0.1:8088', 'sts-vpc.cn-beijing.aliyuncs.com'],
  ])('with the endpoint %s, in region cn-beijing, is %s', (endpoint, host) => {
    expect(stsHost({ network: 'intranet', region: 'cn-beijing', endpoint })).toBe(host);
  });

  it('is what the environment says if neither region nor endpoint tell', () => {
    const env = { ALIBABA_CLOUD_STS_REGION: 'cn-shanghai' };
    const settings = { network: 'intranet', endpoint: 'http://127.0.0.1:8088' } as const;
    expect(stsHost(settings, env)).toBe('sts.cn-shanghai.aliyuncs.com');
    expect(stsHost(settings, { ...env, ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED: 'True' })).toBe(
      'sts-vpc.cn-shanghai.aliyuncs.com',
    );
    expect(stsHost({ ...settings, region: 'cn-beijing' }, env)).toBe('sts-vpc.cn-beijing.aliyuncs.com');
  });
});
