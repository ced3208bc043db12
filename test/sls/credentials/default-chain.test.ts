import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  credentialsFromEnvironment,
  defaultOrigin,
  environmentOrigin,
} from '../../../src/sls/credentials/default-chain.ts';
import type { Environment } from '../../../src/sls/credentials/credentials.ts';
import { startRawSls, type RawSls } from '../raw-sls.ts';
import { encryptedToken } from './encrypted-token.ts';

const own = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'own-id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'own-secret' };
const stock = { AccessKeyId: 'stock-id', AccessKeySecret: 'stock-secret' };
const saved = { ...process.env };
const home = mkdtempSync(join(tmpdir(), 'credentials-'));
const noToken = join(home, 'token-config');
const good = { Code: 'Success', AccessKeyId: 'id', AccessKeySecret: 'secret', SecurityToken: 'token' };
const Expiration = new Date(Math.floor(Date.now() / 1000) * 1000 + 3600_000).toISOString();
let server: RawSls & { readonly requests: readonly unknown[] };
let replies: [status: number, body: string][] = [];
let asked = 0;
const requests = () => server.requests.length - asked;

beforeAll(async () => {
  server = await startRawSls((_, response) => {
    const [status, body] = replies.shift() ?? [200, JSON.stringify({ ...good, Expiration })];
    setImmediate(() => response.writeHead(status).end(body));
  });
  // The library reads these itself. Only the URI is left to it.
  for (const name of Object.keys(process.env))
    if (/^ALIBABA|^AccessKey/.test(name)) Reflect.deleteProperty(process.env, name);
  process.env['HOME'] = home;
  process.env['ALIBABA_CLOUD_ECS_METADATA_DISABLED'] = 'true';
  process.env['ALIBABA_CLOUD_CREDENTIALS_URI'] = `${server.url}/credentials`;
});
afterAll(async () => {
  process.env = saved;
  rmSync(home, { recursive: true });
  await server[Symbol.asyncDispose]();
});
afterEach(() => {
  expect(replies).toEqual([]);
  replies = [];
  asked = server.requests.length;
});

describe('credentialsFromEnvironment', () => {
  it.each<[string, Record<string, string>, [string, string, string?] | undefined]>([
    ['nothing', {}, undefined],
    ["Alibaba Cloud's names", own, ['own-id', 'own-secret']],
    ["the stock adapter's names", stock, ['stock-id', 'stock-secret']],
    ['both, where the first are used', { ...stock, ...own }, ['own-id', 'own-secret']],
    ['a token', { ...own, ALIBABA_CLOUD_SECURITY_TOKEN: 't' }, ['own-id', 'own-secret', 't']],
    ["the stock adapter's token", { ...stock, SecurityToken: 't' }, ['stock-id', 'stock-secret', 't']],
    [
      'a token under the other naming',
      { ...stock, ALIBABA_CLOUD_SECURITY_TOKEN: 't' },
      ['stock-id', 'stock-secret'],
    ],
    ['an id alone', { ALIBABA_CLOUD_ACCESS_KEY_ID: 'own-id' }, undefined],
    ['a secret alone', { AccessKeySecret: 'stock-secret' }, undefined],
    [
      'half a pair of each naming',
      { ALIBABA_CLOUD_ACCESS_KEY_ID: 'own-id', AccessKeySecret: 's' },
      undefined,
    ],
    [
      'half a pair of one naming and a whole pair of the other',
      { ALIBABA_CLOUD_ACCESS_KEY_ID: 'x', ...stock },
      ['stock-id', 'stock-secret'],
    ],
    ['an empty secret', { ...own, ALIBABA_CLOUD_ACCESS_KEY_SECRET: '' }, undefined],
    ['a secret of white space', { ...own, ALIBABA_CLOUD_ACCESS_KEY_SECRET: ' \n' }, undefined],
    ['line feeds from a file', { AccessKeyId: 'id\n', AccessKeySecret: ' secret\r\n' }, ['id', 'secret']],
    ['an empty token', { ...own, ALIBABA_CLOUD_SECURITY_TOKEN: '' }, ['own-id', 'own-secret', '']],
  ])('reads the environment with %s', (_, env, expected) => {
    const found = credentialsFromEnvironment(env);
    if (expected === undefined) expect(found).toBeUndefined();
    else {
      const [accessKeyId, accessKeySecret, securityToken] = expected;
      expect(found).toEqual({ accessKeyId, accessKeySecret, securityToken });
    }
  });

  it('makes an error that names the variables if no pair is set', async () => {
    await expect(environmentOrigin({ AccessKeyId: 'planted-secret' })()).rejects.toThrow(
      'the environment has neither ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET nor AccessKeyId and AccessKeySecret',
    );
  });
});

describe('defaultOrigin', () => {
  const partsOf = (env: Environment) => ({ env, stsEndpoint: '127.0.0.1:1' });

  it('prefers the environment', async () => {
    const file = join(home, 'ignored-token');
    writeFileSync(file, 'no token');
    const { credentials } = await defaultOrigin(partsOf(own), file)();
    expect(credentials).toMatchObject({ accessKeyId: 'own-id', accessKeySecret: 'own-secret' });
    expect(requests()).toBe(0);
  });

  it('then uses the add-on token if there is one, even a wrong one', async () => {
    const file = join(home, 'token');
    writeFileSync(file, encryptedToken({ id: 'token-id', secret: 's', token: 't' }));
    expect((await defaultOrigin(partsOf({}), file)()).credentials.accessKeyId).toBe('token-id');
    writeFileSync(file, 'no token');
    await expect(defaultOrigin(partsOf({}), file)()).rejects.toThrow(`the add-on token ${file} is not JSON`);
    expect(requests()).toBe(0);
  });

  it("then uses the library's chain, with the end of its session", async () => {
    expect(await defaultOrigin(partsOf({}), noToken)()).toEqual({
      credentials: { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' },
      expiresAtMs: Date.parse(Expiration),
    });
    expect(requests()).toBe(1);
  });

  it('asks a chain that ends in a profile again from time to time', async () => {
    await mkdir(join(home, '.aliyun'), { recursive: true });
    const profile = {
      name: 'p',
      mode: 'AK',
      access_key_id: 'profile-id',
      access_key_secret: 'profile-secret',
    };
    writeFileSync(
      join(home, '.aliyun', 'config.json'),
      JSON.stringify({ current: 'p', profiles: [profile] }),
    );
    try {
      expect(await defaultOrigin(partsOf({}), noToken)()).toMatchObject({
        credentials: { accessKeyId: 'profile-id', accessKeySecret: 'profile-secret' },
        recheck: { afterMs: 300_000, inBackground: true },
      });
    } finally {
      rmSync(join(home, '.aliyun'), { recursive: true });
    }
  });

  it('builds a new chain each time, also after a failure', async () => {
    replies = [[500, 'down']];
    const origin = defaultOrigin(partsOf({}), noToken);
    await expect(origin()).rejects.toThrow(/unable to get credentials from any of the providers/);
    process.env['ALIBABA_CLOUD_ACCESS_KEY_ID'] = 'late-id';
    process.env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'] = 'late-secret';
    try {
      expect((await origin()).credentials).toMatchObject({ accessKeyId: 'late-id' });
    } finally {
      delete process.env['ALIBABA_CLOUD_ACCESS_KEY_ID'];
      delete process.env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'];
    }
  });

  it.each([
    JSON.stringify({ AccessKeyId: 'id', AccessKeySecret: 'hunter2' }),
    `oops ${JSON.stringify({ AccessKeyId: 'id', AccessKeySecret: 'hunter2' })}`,
    'AccessKeySecret=hunter2',
    'hunter2',
    '{"Credentials": {"x": "hunter2"',
  ])('fails without a secret in the message if the reply is %s', async (body) => {
    replies = [[200, body]];
    const error = await defaultOrigin(partsOf({}), noToken)().catch((thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(Error);
    const { message, stack, cause } = error as Error;
    expect(message).toMatch(/unable to get credentials from any of the providers/);
    expect(JSON.stringify([message, stack, cause])).not.toContain('hunter2');
  });

  it('asks no host where no URI is set', async () => {
    const uri = process.env['ALIBABA_CLOUD_CREDENTIALS_URI'];
    delete process.env['ALIBABA_CLOUD_CREDENTIALS_URI'];
    try {
      const error = (await defaultOrigin(partsOf({}), noToken)().catch((thrown: unknown) => thrown)) as Error;
      expect(error.message).toMatch(/, no URI of credentials is set \(ALIBABA_CLOUD_CREDENTIALS_URI\)$/);
    } finally {
      process.env['ALIBABA_CLOUD_CREDENTIALS_URI'] = uri;
    }
  });

  it('refuses a reply without end from the URI', async () => {
    replies = [[200, 'x'.repeat(9 * 1024 * 1024)]];
    await expect(defaultOrigin(partsOf({}), noToken)()).rejects.toThrow(
      `the reply of the source of credentials at ${new URL(server.url).host} exceeds 8388608 bytes`,
    );
  });

  it('refuses one from what a profile names', async () => {
    replies = [
      [200, 'x'.repeat(9 * 1024 * 1024)],
      [200, 'x'],
    ];
    await mkdir(join(home, '.aliyun'), { recursive: true });
    const profile = {
      ...{ name: 'p', mode: 'CloudSSO', cloud_sso_sign_in_url: `${server.url}/login` },
      ...{ cloud_sso_account_id: '1', cloud_sso_access_config: 'c' },
      ...{ access_token: 't', cloud_sso_access_token_expire: Math.floor(Date.now() / 1000) + 3600 },
    };
    writeFileSync(
      join(home, '.aliyun', 'config.json'),
      JSON.stringify({ current: 'p', profiles: [profile] }),
    );
    try {
      await expect(defaultOrigin(partsOf({}), noToken)()).rejects.toThrow(/exceeds 8388608 bytes/);
    } finally {
      rmSync(join(home, '.aliyun'), { recursive: true });
    }
  });

  const rrsa = {
    ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1:role/r',
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::1:oidc-provider/p',
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: join(tmpdir(), 'default-chain-no-token'),
  };

  it.each<[string, Environment, RegExp]>([
    ['with all three variables', rrsa, /the OIDC token .*default-chain-no-token cannot be read \(ENOENT\)/],
    [
      'without the role',
      { ...rrsa, ALIBABA_CLOUD_ROLE_ARN: ' ' },
      /^ALIBABA_CLOUD_ROLE_ARN is not set, .*the pod has no RAM role$/,
    ],
    [
      'without the token file',
      { ...rrsa, ALIBABA_CLOUD_OIDC_TOKEN_FILE: undefined },
      /^ALIBABA_CLOUD_OIDC_TOKEN_FILE is not set/,
    ],
  ])('fails if RRSA fails, %s, and never becomes another identity', async (_, env, message) => {
    const token = join(home, 'rrsa-ignores-this-token');
    writeFileSync(token, encryptedToken({ id: 'token-id', secret: 's', token: 't' }));
    for (const file of [noToken, token])
      await expect(defaultOrigin(partsOf(env), file)()).rejects.toThrow(message);
    expect(requests()).toBe(0);
  });

  it('is not RRSA if only the role is set, which other programs use too', async () => {
    const { ALIBABA_CLOUD_ROLE_ARN } = rrsa;
    expect(await defaultOrigin(partsOf({ ALIBABA_CLOUD_ROLE_ARN }), noToken)()).toMatchObject({
      credentials: { accessKeyId: 'id' },
    });
  });

  it('takes a key from the environment before RRSA', async () => {
    expect(await defaultOrigin(partsOf({ ...rrsa, ...own }), noToken)()).toMatchObject({
      credentials: { accessKeyId: 'own-id' },
    });
  });
});
