import { describe, expect, it } from 'vitest';
import { Proxies } from '../../src/sls/proxy.ts';

const proxy = 'http://proxy.corp:3128';
const https = (hostname: string, port = 443) => ({ protocol: 'https', hostname, port }) as const;
const http = (hostname: string, port = 80) => ({ protocol: 'http', hostname, port }) as const;
const sls = 'k8s-log-c1.cn-beijing-intranet.log.aliyuncs.com';

describe('the proxy of a request', () => {
  it('is that of its protocol, in upper or lower case; upper case counts first', () => {
    for (const env of [{ HTTPS_PROXY: proxy }, { https_proxy: proxy }, { HTTPS_PROXY: ` ${proxy}\n` }]) {
      expect(new Proxies(env).of(https(sls))).toEqual({
        url: `${proxy}/`,
        shown: 'HTTPS_PROXY http://proxy.corp:3128',
      });
      expect(new Proxies(env).of(http(sls))).toBeUndefined();
    }
    expect(new Proxies({ http_proxy: proxy }).of(http(sls))).toBeDefined();
    const both = { HTTPS_PROXY: proxy, https_proxy: 'http://other:1', http_proxy: 'http://third:2' };
    expect(new Proxies(both).of(https(sls))?.url).toBe(`${proxy}/`);
    expect(new Proxies({ HTTPS_PROXY: '', https_proxy: '' }).of(https(sls))).toBeUndefined();
    expect(new Proxies({}).of(https(sls))).toBeUndefined();
  });

  it('may have no scheme, and keeps its password out of messages', () => {
    expect(new Proxies({ HTTPS_PROXY: 'proxy.corp:3128' }).of(https(sls))?.url).toBe(`${proxy}/`);
    const secret = new Proxies({ HTTPS_PROXY: 'https://user:pass@proxy.corp' }).of(https(sls));
    expect(secret).toEqual({ url: 'https://user:pass@proxy.corp/', shown: 'HTTPS_PROXY https://proxy.corp' });
  });

  it.each([
    ['socks5://user:planted@proxy.corp:1080', /HTTPS_PROXY must be the URL of an HTTP proxy.*, not socks5:/],
    ['http://', /HTTPS_PROXY must be the URL of an HTTP proxy/],
  ])('is refused aloud, without its password, if it is %s', (url, message) => {
    expect(() => new Proxies({ HTTPS_PROXY: url })).toThrow(message);
    expect(() => new Proxies({ HTTPS_PROXY: url })).not.toThrow(/planted/);
  });

  it.each(['localhost', 'sls.localhost', '127.0.0.1', '127.8.8.8', '::1'])('is none for %s', (hostname) => {
    expect(new Proxies({ HTTP_PROXY: proxy, HTTPS_PROXY: proxy }).of(http(hostname))).toBeUndefined();
  });

  it.each<[string, ReturnType<typeof https | typeof http>, isDirect: boolean]>([
    ['*', https(sls), true],
    ['.aliyuncs.com', https(sls), true],
    ['*.aliyuncs.com', https(sls), true],
    ['aliyuncs.com', https(sls), true],
    ['ALIYUNCS.COM', https(sls), true],
    [sls, https(sls), true],
    [`10.0.0.0/8, ${sls}`, https(sls), true],
    ['10.0.0.0/8 .log.aliyuncs.com', https(sls), true],
    [`${sls}:443`, https(sls), true],
    [`${sls}:8443`, https(sls), false],
    ['.aliyuncs.com:443', https(sls), true],
    ['yuncs.com', https(sls), false],
    ['cn-shanghai-intranet.log.aliyuncs.com', https(sls), false],
    ['.beijing.example', https('beijing.example'), false],
    ['beijing.example', https('beijing.example'), true],
    ['10.0.0.0/8', http('10.1.2.3'), true],
    ['10.0.0.0/8', http('11.1.2.3'), false],
    ['10.1.2.3', http('10.1.2.3'), true],
    ['10.1.2.3:80', http('10.1.2.3'), true],
    ['10.1.2.3:81', http('10.1.2.3'), false],
    ['fd00::/8', http('fd00::1'), true],
    ['fd00::1', http('fd00::1'), true],
    ['[fd00::1]:80', http('fd00::1'), true],
    ['10.0.0.0/99', http('10.1.2.3'), false],
    ['', https(sls), false],
  ])('with NO_PROXY %j for %j is none: %s', (exceptions, destination, isDirect) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      const env = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, [name]: exceptions };
      expect(new Proxies(env).of(destination) === undefined).toBe(isDirect);
    }
  });
});

it('says why a request goes out without a proxy', () => {
  expect(new Proxies({}).whyDirect(http(sls))).toBe('');
  expect(new Proxies({ HTTPS_PROXY: proxy }).whyDirect(http(sls))).toBe(
    'HTTPS_PROXY is set, but HTTP_PROXY is not',
  );
  expect(new Proxies({ HTTPS_PROXY: proxy, NO_PROXY: '*' }).whyDirect(https(sls))).toBe('NO_PROXY names it');
});
