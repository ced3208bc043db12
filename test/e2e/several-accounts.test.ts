import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { startAdapter, type TestAdapter } from '../support/adapter.ts';
import { expectStatus } from '../support/expect-status.ts';
import { TestClock } from '../support/test-clock.ts';
import { encryptedToken } from '../sls/credentials/encrypted-token.ts';
import { startSts, type Sts } from '../sls/credentials/sts-double.ts';

const logstore = 'nginx-ingress';
const route = 'default-bert-8501';
const roleArn = 'acs:ram::2:role/reader';
/** Part of every secret. It must not occur in any log line or answer. */
const planted = 'planted';
const keys = {
  own: { id: 'own-id', secret: `${planted}-own` },
  session: { id: 'STS.role', secret: `${planted}-role`, securityToken: `${planted}-role-token` },
  addon: { id: 'STS.addon', secret: `${planted}-addon`, securityToken: `${planted}-addon-token` },
};

const clock = new TestClock();
const directory = mkdtempSync(join(tmpdir(), 'several-accounts-'));
const secretDirectory = join(directory, 'secret');
const tokenFile = join(directory, 'token-config');
let accounts: Record<'own' | 'role' | 'addon', Emulator>;
let sts: Sts;
let adapter: TestAdapter;

/** Starts the SLS of an account, which accepts only the given key. */
const startAccount = (project: string, accessKey: (typeof keys)['session' | 'own'], listenPort = 0) =>
  startEmulator({ listenPort, logstores: [{ project, logstore }], accessKey, clock });

function writeSecret(key: { readonly id: string; readonly secret: string }): void {
  writeFileSync(join(secretDirectory, 'access-key-id'), `${key.id}\n`);
  writeFileSync(join(secretDirectory, 'access-key-secret'), `${key.secret}\n`);
}

const writeToken = ({ id, secret, securityToken }: (typeof keys)['addon']) =>
  writeFileSync(tokenFile, encryptedToken({ id, secret, token: securityToken }));

beforeAll(async () => {
  mkdirSync(secretDirectory);
  accounts = {
    own: await startAccount('log-own', keys.own),
    role: await startAccount('log-role-1', keys.session),
    addon: await startAccount('log-addon', keys.addon),
  };
  const { id, secret, securityToken } = keys.session;
  sts = await startSts({
    caller: { id: keys.own.id, secret: keys.own.secret },
    oidc: { providerArn: '', token: '' },
    roleArn,
    session: { id, secret, token: securityToken },
  });
  const from = { source: 'secret-file', directory: secretDirectory };
  adapter = await startAdapter(
    {},
    { clock, credentials: undefined },
    JSON.stringify({
      sls: { endpoint: accounts.own.url, credentials: from, breaker: { failures: 100 } },
      reading: { freshnessSeconds: 0, maxStaleSeconds: 0 },
      projects: [
        {
          project: 'log-role-*',
          sls: {
            endpoint: accounts.role.url,
            credentials: { source: 'assume-role', roleArn, stsEndpoint: sts.endpoint, from },
          },
        },
        {
          project: 'log-addon',
          sls: { endpoint: accounts.addon.url, credentials: { source: 'addon-token', file: tokenFile } },
        },
        // The endpoint of another account, with our own key.
        { project: 'log-wrong', sls: { endpoint: accounts.role.url, credentials: from } },
        { project: 'log-none', sls: { credentials: { source: 'secret-file', directory: '/none' } } },
      ],
    }),
  );
});

beforeEach(async () => {
  writeSecret(keys.own);
  writeToken(keys.addon);
  clock.advance(20_000);
  for (const [project, account] of [
    ['log-own', accounts.own],
    ['log-role-1', accounts.role],
    ['log-addon', accounts.addon],
  ] as const) {
    const lines = { 'log-own': 15, 'log-role-1': 30, 'log-addon': 45 }[project];
    await account.sink(project, logstore).append(
      Array.from({ length: lines }, () => ({
        timeSeconds: clock.nowSeconds - 11,
        fields: { proxy_upstream_name: route, status: '200' },
      })),
    );
  }
});

afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await sts[Symbol.asyncDispose]();
  for (const account of Object.values(accounts)) await account.stop();
  rmSync(directory, { recursive: true });
});

/** Checks every answer for secrets. The last test checks the logs. */
const read = async (project: string) => {
  const reply = await adapter.read('sls_ingress_qps', {
    'sls.project': project,
    'sls.logstore': logstore,
    'sls.ingress.route': route,
  });
  expect(reply.text).not.toContain(planted);
  return reply;
};

const valueOf = async (project: string) => (await read(project)).body;
const reads = (value: string) => ({ items: [{ value }] });

describe('projects of several accounts', () => {
  it('are queried at their own endpoints with their own credentials', async () => {
    expect(await valueOf('log-own')).toMatchObject(reads('1'));
    expect(await valueOf('log-role-1')).toMatchObject(reads('2'));
    expect(await valueOf('log-addon')).toMatchObject(reads('3'));
    expect(sts.requests).toHaveLength(1);
  });

  it('are refused with the credentials of another account', async () => {
    expectStatus(await read('log-wrong'), 503, 'CredentialsRefused', /AccessKeyId not found/);
    expectStatus(
      await read('log-none'),
      503,
      'CredentialsMissing',
      /\(secret-file \/none\).* no access-key-id/,
    );
    expect(await valueOf('log-role-1')).toMatchObject(reads('2'));
  });

  it('get a new role session in the same read in which SLS refuses the old one', async () => {
    expect(await valueOf('log-role-1')).toMatchObject(reads('2'));
    const next = { id: 'STS.next', secret: `${planted}-next`, securityToken: `${planted}-next-token` };
    const { url } = accounts.role;
    await accounts.role.stop();
    accounts.role = await startAccount('log-role-1', next, Number(new URL(url).port));
    sts.rules = { ...sts.rules, session: { id: next.id, secret: next.secret, token: next.securityToken } };
    const before = sts.requests.length;
    await accounts.role.sink('log-role-1', logstore).append(
      Array.from({ length: 15 }, () => ({
        timeSeconds: clock.nowSeconds - 11,
        fields: { proxy_upstream_name: route, status: '200' },
      })),
    );
    expect(await valueOf('log-role-1')).toMatchObject(reads('1'));
    expect(sts.requests.length).toBe(before + 1);
  });

  it('get a rotated key from its file', async () => {
    expect(await valueOf('log-own')).toMatchObject(reads('1'));
    const next = { id: 'next-id', secret: `${planted}-next` };
    const { url } = accounts.own;
    await accounts.own.stop();
    accounts.own = await startAccount('log-own', next, Number(new URL(url).port));
    expectStatus(await read('log-own'), 503, 'CredentialsRefused', /AccessKeyId not found/);
    writeSecret(next);
    await expect.poll(async () => (await read('log-own')).statusCode, { timeout: 60_000 }).toBe(200);
  });

  it('log what is wrong with a token file, and use the file again once it is repaired', async () => {
    writeFileSync(tokenFile, JSON.stringify({ keyring: `${planted}-keyring` }));
    // The held token stays in use, and a warning names the file.
    await expect
      .poll(
        () =>
          adapter.logLines.some(({ msg }) => /cannot be renewed.*no "expiration"|has no/.test(String(msg))) ||
          read('log-addon').then(() => false),
        { timeout: 60_000 },
      )
      .toBe(true);
    writeToken(keys.addon);
    expect(await valueOf('log-addon')).toMatchObject(reads('3'));
  });

  it('have no secret in any log line', () => {
    expect(adapter.logLines.length).toBeGreaterThan(10);
    expect(adapter.logLines.filter(({ level }) => Number(level) >= 40).length).toBeGreaterThan(1);
    expect(JSON.stringify(adapter.logLines)).not.toContain(planted);
  });
});
