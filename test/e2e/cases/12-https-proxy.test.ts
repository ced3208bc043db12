import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { startSts, vpcSts, type Sts } from '../../sls/credentials/sts-double.ts';
import { accessKey, logstore, project, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { createCa } from '../../support/certificates.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { startHttpProxy, type HttpProxy } from '../../support/http-proxy.ts';

const host = `${project}.sls.invalid`;
const vpcHost = `${project}.cn-beijing-intranet.log.aliyuncs.com`;
const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.query.max_retry': '0' };
const settings = `sls: { connectTimeoutSeconds: 60, breaker: { failures: 100 } }
reading: { freshnessSeconds: 0, maxStaleSeconds: 0, refreshesIn15Seconds: 0 }`;
const session = { id: 'STS.proxied', secret: 'session-secret', token: 'session-token' };
const directory = mkdtempSync(join(tmpdir(), 'https-proxy-'));
const tokenFile = join(directory, 'oidc-token');

const rrsaEnvironment = {
  ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1:role/r',
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::1:oidc-provider/p',
  ALIBABA_CLOUD_OIDC_TOKEN_FILE: tokenFile,
};

let emulator: Emulator;
let relay: tls.Server;
let sts: Sts;
let proxy: HttpProxy;

beforeAll(async () => {
  writeFileSync(tokenFile, 'oidc-token');
  const { id, secret, token } = session;
  emulator = await startEmulator({
    logstores: [{ project, logstore }],
    accessKey: [accessKey, { id, secret, securityToken: token }],
  });
  const emulatorPort = Number(new URL(emulator.url).port);
  const ca = await createCa('sls');
  const { certificate: cert, key } = await ca.issue({ eku: 'server', sans: [host, vpcHost] });
  sts = await startSts({
    caller: { id: '', secret: '' },
    oidc: { providerArn: 'acs:ram::1:oidc-provider/p', token: 'oidc-token' },
    roleArn: 'acs:ram::1:role/r',
    session,
  });
  tls.setDefaultCACertificates([...tls.getCACertificates(), ca.certificate]);
  relay = tls.createServer({ cert, key }, (socket) => {
    const upstream = net.connect(emulatorPort, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const one of [socket, upstream]) one.on('error', () => undefined);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const ports: Readonly<Record<string, number>> = {
    [host]: emulatorPort,
    [`${host}:443`]: (relay.address() as AddressInfo).port,
    [`${vpcHost}:443`]: (relay.address() as AddressInfo).port,
    'sts.invalid:443': Number(sts.endpoint.split(':')[1]),
    [`${vpcSts}:443`]: Number(sts.endpoint.split(':')[1]),
  };
  proxy = await startHttpProxy((name) => ports[name] ?? 1);
});
afterEach(() => {
  (proxy.requests as string[]).length = 0;
  proxy.refuseWith = undefined;
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await sts[Symbol.asyncDispose]();
  relay.close();
  await emulator.stop();
  rmSync(directory, { recursive: true });
});

const adapterWith = (slsEndpoint: string, env: Readonly<Record<string, string>>, file = settings) =>
  // No refresh starts during the test: it would join the reads and retry.
  startAdapter({ slsEndpoint }, { env, random: () => 0.99 }, file);
const read = (adapter: TestAdapter) => adapter.read('sls_ingress_qps', labels);

describe('a proxy in the environment', () => {
  it.each<[string, string, string, string]>([
    ['HTTP_PROXY', 'http', 'upper', `POST http://${host}/logstores/${logstore}/logs`],
    ['http_proxy', 'http', 'lower', `POST http://${host}/logstores/${logstore}/logs`],
    ['HTTPS_PROXY', 'https', 'upper', `CONNECT ${host}:443`],
    ['https_proxy', 'https', 'lower', `CONNECT ${host}:443`],
  ])('as %s carries the queries to %s://sls.invalid (%s case)', async (name, protocol, _, request) => {
    await using adapter = await adapterWith(`${protocol}://sls.invalid`, { [name]: proxy.url });
    for (let n = 0; n < 5; n += 1)
      expect((await read(adapter)).body).toMatchObject({ items: [{ value: '0' }] });
    expect(new Set(proxy.requests)).toEqual(new Set([request]));
    // A tunnel is kept for the next query. The delay of the log is measured at the same time.
    if (protocol === 'https') expect(proxy.requests.length).toBeLessThanOrEqual(2);
    else expect(proxy.requests.length).toBeGreaterThanOrEqual(5);
  });

  it('carries the requests to STS too, for RRSA and an assumed role', async () => {
    const rrsa = `{ source: rrsa, stsEndpoint: sts.invalid }`;
    const env = { HTTPS_PROXY: proxy.url, ...rrsaEnvironment };
    const file = settings.replace('sls: {', `sls: { credentials: ${rrsa},`);
    await using adapter = await startAdapter(
      { slsEndpoint: 'https://sls.invalid' },
      { env, credentials: undefined },
      file,
    );
    expect((await read(adapter)).body).toMatchObject({ items: [{ value: '0' }] });
    expect(proxy.requests[0]).toBe('CONNECT sts.invalid:443');
    expect(new Set(proxy.requests.slice(1))).toEqual(new Set([`CONNECT ${host}:443`]));
    expect(sts.requests).toHaveLength(1);
  });

  it('shows that RRSA with source default asks STS in the VPC, and only that', async () => {
    const env = { HTTPS_PROXY: proxy.url, ...rrsaEnvironment };
    await using adapter = await startAdapter(
      { region: 'cn-beijing' },
      { env, credentials: undefined },
      settings,
    );
    expect((await read(adapter)).body).toMatchObject({ items: [{ value: '0' }] });
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${vpcSts}:443`, `CONNECT ${vpcHost}:443`]));
  });

  it('is left out by NO_PROXY, and for addresses on loopback', async () => {
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };
    await using local = await adapterWith(emulator.url, env);
    expect((await read(local)).statusCode).toBe(200);
    await using excepted = await adapterWith('http://sls.invalid', { ...env, NO_PROXY: '.sls.invalid' });
    const message =
      /k8s-log-test\.sls\.invalid|sls\.invalid cannot be reached without a proxy \(NO_PROXY names it\)/;
    expectStatus(await read(excepted), 503, 'SlsUnavailable', message);
    expect(proxy.requests).toEqual([]);
  });

  it('for the other protocol is named where the endpoint cannot be reached directly', async () => {
    await using adapter = await adapterWith('http://sls.invalid', { HTTPS_PROXY: proxy.url });
    const message =
      /cannot be reached without a proxy \(HTTPS_PROXY is set, but HTTP_PROXY is not\): getaddrinfo/;
    expectStatus(await read(adapter), 503, 'SlsUnavailable', message);
  });

  const remedy = 'Check that the proxy runs .* add its host to NO_PROXY';
  const shown = String.raw`_PROXY http://127\.0\.0\.1:\d+`;
  it.each<[string, string, number, number, string, string]>([
    [
      'a refused tunnel',
      'https',
      403,
      503,
      'SlsUnavailable',
      `through HTTPS${shown}: the proxy answers HTTP/1.1 403 Forbidden. ${remedy}`,
    ],
    [
      'no answer to CONNECT',
      'https',
      0,
      504,
      'SlsTimeout',
      `did not accept a connection within 1000 ms through HTTPS${shown}. ${remedy}`,
    ],
    [
      "a page of the proxy's own",
      'http',
      502,
      503,
      'SlsUnavailable',
      `HTTP 502 through HTTP${shown}: the body is not the JSON that SLS documents. ${remedy}`,
    ],
  ])('is named in the error for %s, without its password', async (_, protocol, status, code, cause, text) => {
    proxy.refuseWith = status;
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };
    const file = cause === 'SlsTimeout' ? settings.replace('60', '1') : settings;
    await using adapter = await adapterWith(`${protocol}://sls.invalid`, env, file);
    const reply = await read(adapter);
    expectStatus(reply, code, cause, new RegExp(text));
    expect(JSON.stringify([reply.text, adapter.logLines])).not.toContain('planted');
  });

  it('that is not an HTTP proxy is refused at the start, without its password', async () => {
    const env = { HTTPS_PROXY: 'socks5://user:planted@127.0.0.1:1080' };
    await expect(adapterWith('https://sls.invalid', env)).rejects.toThrow(
      /^HTTPS_PROXY must be the URL of an HTTP proxy such as http:\/\/proxy\.example\.com:3128, not socks5:/,
    );
  });
});
