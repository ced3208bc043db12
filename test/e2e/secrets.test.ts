import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { encrypted } from '../sls/credentials/encrypted-token.ts';
import { startSts, type Sts } from '../sls/credentials/sts-double.ts';
import { startRawSls, type RawSls } from '../sls/raw-sls.ts';
import { readPath, selectorOf, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { createCa } from '../support/certificates.ts';
import { authenticationData } from '../support/cluster.ts';
import { expectStatus } from '../support/expect-status.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../support/scripted-apiserver.ts';
import { waitFor } from '../support/wait-for.ts';

/** Part of every secret, and of every ID of a key. It must not occur in any log line, answer or page. */
const planted = 'Pl4nted';
const clientToken = `${planted}-client`;
const roleArn = 'acs:ram::2:role/reader';
/** The worst case: a server, or a proxy in front of it, that repeats the request headers in its answer. */
const refusal = (status: number, errorCode: string) => ({
  status,
  body: (headers: IncomingHttpHeaders) =>
    JSON.stringify({ errorCode, errorMessage: `refused: ${JSON.stringify(headers)}` }),
});
const garbage = (status: number) => ({
  status,
  body: (headers: IncomingHttpHeaders) => `${String(headers['x-acs-security-token'])} ${planted}`,
});

const directory = mkdtempSync(join(tmpdir(), 'secrets-'));
const fileOf = (name: string) => join(directory, name);
let reply = refusal(401, 'SignatureNotMatch');
let sls: RawSls;
let uri: RawSls;
let sts: Sts;
let apiServer: ScriptedApiServer;
let adapter: TestAdapter;
const answers: string[] = [];

beforeAll(async () => {
  mkdirSync(fileOf('key'));
  writeFileSync(fileOf('key/access-key-id'), `${planted}-id`);
  writeFileSync(fileOf('key/access-key-secret'), `${planted}-secret`);
  writeFileSync(fileOf('key/security-token'), `${planted}-token`);
  mkdirSync(fileOf('half'));
  writeFileSync(fileOf('half/access-key-secret'), `${planted}-half`);
  writeFileSync(fileOf('text'), `${planted} is not a token`);
  const keyring = '0123456789abcdef';
  const parts = {
    'access.key.secret': encrypted(`${planted}-addon`, keyring),
    keyring: `${planted}-keyring`,
  };
  writeFileSync(fileOf('addon'), JSON.stringify({ ...parts, expiration: '2040-01-01T00:00:00Z' }));
  sls = await startRawSls(({ headers }, response) =>
    response.writeHead(reply.status).end(reply.body(headers)),
  );
  uri = await startRawSls((_, response) =>
    response.writeHead(500).end(`{"AccessKeySecret":"${planted}-uri","SecurityToken":"${planted}-uri"`),
  );
  const session = { id: `STS.${planted}`, secret: `${planted}-role`, token: `${planted}-role-token` };
  const caller = { id: `${planted}-id`, secret: 'another', token: `${planted}-token` };
  sts = await startSts({ caller, oidc: { providerArn: '', token: '' }, roleArn, session });
  vi.stubEnv('HOME', directory);
  vi.stubEnv('ALIBABA_CLOUD_ECS_METADATA_DISABLED', 'true');
  vi.stubEnv('ALIBABA_CLOUD_CREDENTIALS_URI', `${uri.url}/?token=${planted}-query`);
  apiServer = await startScriptedApiServer();
  apiServer.bearers.add(`${planted}-service-account`);
  apiServer.tokens.set(clientToken, { username: 'client' });
  apiServer.decide = () => true;
  const { certificate } = await createCa('clients');
  apiServer.setAuthentication(authenticationData(certificate, certificate));
  const kubeconfig = await apiServer.kubeconfigFile(`${planted}-service-account`);
  const key = { source: 'secret-file', directory: fileOf('key') };
  const role = { source: 'assume-role', roleArn, stsEndpoint: sts.endpoint, from: key };
  const projects = Object.entries({
    'log-half': { credentials: { source: 'secret-file', directory: fileOf('half') } },
    'log-text': { credentials: { source: 'addon-token', file: fileOf('text') } },
    'log-addon': { credentials: { source: 'addon-token', file: fileOf('addon') } },
    'log-role': { credentials: role },
    'log-uri': { credentials: { source: 'default' } },
    'log-down': { endpoint: 'http://127.0.0.1:1' },
  }).map(([project, own]) => ({ project, sls: own }));
  adapter = await startAdapter(
    { authentication: 'delegated', bindAddress: '127.0.0.1', kubeconfig, logLevel: 'trace' },
    { credentials: undefined },
    JSON.stringify({
      sls: { endpoint: sls.url, credentials: key, breaker: { failures: 100 } },
      reading: { freshnessSeconds: 0, maxStaleSeconds: 0 },
      telemetry: { port: 0, statusPage: true },
      projects,
    }),
  );
  await waitFor(async () => (await adapter.request('/readyz')).statusCode === 200);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  for (const part of [adapter, sls, uri, sts, apiServer]) await part[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function ask(project: string, token = clientToken) {
  const labels = { 'sls.project': project, 'sls.logstore': 'nginx-ingress', 'sls.query.max_retry': '0' };
  const path = readPath('sls_ingress_qps', selectorOf(labels));
  const answer = await adapter.request(path, { headers: { authorization: `Bearer ${token}` } });
  answers.push(JSON.stringify(answer.headers) + answer.text);
  return answer;
}

it.each([
  ['a wrong secret', 'CredentialsRefused', refusal(401, 'SignatureNotMatch')],
  ['an unknown key', 'CredentialsRefused', refusal(401, 'InvalidAccessKeyId')],
  ['an expired STS token', 'CredentialsRefused', refusal(401, 'SecurityTokenExpired')],
  ['a RAM denial', 'PermissionDenied', refusal(403, 'Unauthorized')],
  ['throttling', 'SlsThrottled', refusal(403, 'ReadQuotaExceed')],
  ['a refused query', 'QueryRefused', refusal(400, 'ParameterInvalid')],
  ['a failure of SLS', 'SlsUnavailable', refusal(500, 'InternalServerError')],
  ['a page of a proxy', 'SlsUnavailable', garbage(502)],
  ['a reply that is not JSON', 'SlsReplyInvalid', garbage(200)],
])('no secret is shown after %s', async (_, code, next) => {
  reply = next;
  // Each has a project of its own, so that it does not get the failure of another.
  expectStatus(
    await ask(`log-${code.toLowerCase()}-${next.status}`),
    next.status === 400 ? 500 : 503,
    code,
    /./,
  );
  await expectNoSecret();
});

it.each([
  ['half a Secret', 'log-half', 'CredentialsMissing'],
  ['an add-on token that is not JSON', 'log-text', 'CredentialsMissing'],
  ['an add-on token that cannot be decrypted', 'log-addon', 'CredentialsMissing'],
  ['a role that STS refuses', 'log-role', 'CredentialsMissing'],
  ['a credentials URI that fails', 'log-uri', 'CredentialsMissing'],
  ['a connection that is refused', 'log-down', 'SlsUnavailable'],
])('no secret is shown after %s', async (_, project, code) => {
  expectStatus(await ask(project), 503, code, /./);
  await expectNoSecret();
});

it('no token is shown if the client is unknown or its token cannot be reviewed', async () => {
  expect((await ask('log-down', `${planted}-stranger`)).statusCode).toBe(401);
  const message = `webhook failed: {"token":"${planted}-broken"}`;
  apiServer.fail('tokenreview', { kind: 'status', code: 403, message });
  expect((await ask('log-down', `${planted}-broken`)).statusCode).toBeGreaterThanOrEqual(401);
  apiServer.recover('tokenreview');
  await expectNoSecret();
});

async function expectNoSecret(): Promise<void> {
  expect(adapter.logLines.length).toBeGreaterThan(0);
  const inBase64 = Buffer.from(`${planted}-`).toString('base64').slice(0, 10);
  const texts = [...adapter.logLines.map((line) => JSON.stringify(line)), ...answers, ...(await pages())];
  expect(texts.at(-1)).toContain('"remedy":');
  expect(texts.filter((text) => text.includes(planted) || text.includes(inBase64))).toEqual([]);
}

/** Returns the pages of the telemetry port. */
function pages(): Promise<string[]> {
  const url = String(adapter.logLines.find(({ msg }) => msg === 'The adapter is serving')?.['telemetryUrl']);
  const paths = ['/metrics', '/status.json'];
  return Promise.all(paths.map(async (path) => (await fetch(`${url}${path}`)).text()));
}
