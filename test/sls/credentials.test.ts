import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createCredentialSource,
  credentialsFromEnvironment,
  withoutSecrets,
} from '../../src/sls/credentials.ts';
import { startRawSls, type RawSls } from './raw-sls.ts';

const own = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'own-id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'own-secret' };
const stock = { AccessKeyId: 'stock-id', AccessKeySecret: 'stock-secret' };

describe('the environment', () => {
  it.each<[string, Record<string, string>, [string, string, string?] | undefined]>([
    ['nothing', {}, undefined],
    ["Alibaba Cloud's names", own, ['own-id', 'own-secret']],
    ["the stock adapter's names", stock, ['stock-id', 'stock-secret']],
    ['both: the first go before', { ...stock, ...own }, ['own-id', 'own-secret']],
    ['a token', { ...own, ALIBABA_CLOUD_SECURITY_TOKEN: 't' }, ['own-id', 'own-secret', 't']],
    ["the stock adapter's token", { ...stock, SecurityToken: 't' }, ['stock-id', 'stock-secret', 't']],
    [
      'a token of the other habit',
      { ...stock, ALIBABA_CLOUD_SECURITY_TOKEN: 't' },
      ['stock-id', 'stock-secret'],
    ],
    ['an id alone', { ALIBABA_CLOUD_ACCESS_KEY_ID: 'own-id' }, undefined],
    ['a secret alone', { AccessKeySecret: 'stock-secret' }, undefined],
    ['halves of two habits', { ALIBABA_CLOUD_ACCESS_KEY_ID: 'own-id', AccessKeySecret: 's' }, undefined],
    [
      'half of one and all of the other',
      { ALIBABA_CLOUD_ACCESS_KEY_ID: 'x', ...stock },
      ['stock-id', 'stock-secret'],
    ],
    ['an empty secret', { ...own, ALIBABA_CLOUD_ACCESS_KEY_SECRET: '' }, undefined],
    ['a secret of white space', { ...own, ALIBABA_CLOUD_ACCESS_KEY_SECRET: ' \n' }, undefined],
    ['line feeds from a file', { AccessKeyId: 'id\n', AccessKeySecret: ' secret\r\n' }, ['id', 'secret']],
    ['an empty token', { ...own, ALIBABA_CLOUD_SECURITY_TOKEN: '' }, ['own-id', 'own-secret', '']],
  ])('with %s', (_, env, expected) => {
    const found = credentialsFromEnvironment(env);
    if (expected === undefined) expect(found).toBeUndefined();
    else {
      const [accessKeyId, accessKeySecret, securityToken] = expected;
      expect(found).toEqual({ accessKeyId, accessKeySecret, securityToken });
    }
  });
});

describe('the default chain', () => {
  let server: RawSls & { readonly requests: readonly unknown[] };
  let replies: [status: number, body: string][] = [];
  const saved = { ...process.env };
  const home = mkdtempSync(join(tmpdir(), 'credentials-'));
  const good = { Code: 'Success', AccessKeyId: 'id', AccessKeySecret: 'secret', SecurityToken: 'token' };
  const valid = JSON.stringify({ ...good, Expiration: new Date(Date.now() + 3600_000).toISOString() });

  beforeAll(async () => {
    server = await startRawSls((_, response) => {
      const [status, body] = replies.shift() ?? [200, valid];
      setImmediate(() => response.writeHead(status).end(body));
    });
    // The library reads these itself. Nothing but the URI is left to it.
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
  let asked = 0;
  beforeEach(() => {
    asked = server.requests.length;
  });
  afterEach(() => {
    expect(replies).toEqual([]);
    replies = [];
  });
  const requests = () => server.requests.length - asked;

  it('is asked where the environment has no key, and not where it has', async () => {
    const expected = { accessKeyId: 'own-id', accessKeySecret: 'own-secret' };
    expect(await createCredentialSource(own).current()).toMatchObject(expected);
    expect(requests()).toBe(0);
    expect(await createCredentialSource({}).current()).toEqual({
      accessKeyId: 'id',
      accessKeySecret: 'secret',
      securityToken: 'token',
    });
    expect(requests()).toBe(1);
  });

  it('is asked once for calls at the same time, and keeps what is valid', async () => {
    const source = createCredentialSource({});
    const all = await Promise.all(Array.from({ length: 20 }, () => source.current()));
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['id']));
    await source.current();
    expect(requests()).toBe(1);
  });

  it('works again once what failed does, for all who asked', async () => {
    replies = [[500, 'down']];
    const source = createCredentialSource({});
    const failed = await Promise.allSettled([source.current(), source.current()]);
    expect(failed).toMatchObject(
      Array.from({ length: 2 }, () => ({ status: 'rejected', reason: { code: 'CredentialsMissing' } })),
    );
    expect(requests()).toBe(1);
    expect(await source.current()).toMatchObject({ accessKeyId: 'id' });
    expect(requests()).toBe(2);
  });

  it('is built anew after a failure, from the environment as it is then', async () => {
    replies = [[500, 'down']];
    const source = createCredentialSource({});
    await expect(source.current()).rejects.toThrow();
    process.env['ALIBABA_CLOUD_ACCESS_KEY_ID'] = 'late-id';
    process.env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'] = 'late-secret';
    try {
      expect(await source.current()).toMatchObject({ accessKeyId: 'late-id' });
    } finally {
      delete process.env['ALIBABA_CLOUD_ACCESS_KEY_ID'];
      delete process.env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'];
    }
  });

  it('tells why it failed in the cause, and no secret with it', async () => {
    const incomplete = { AccessKeyId: 'id', AccessKeySecret: 'hunter2' };
    for (const body of [
      JSON.stringify(incomplete),
      `oops ${JSON.stringify(incomplete)}`,
      'AccessKeySecret=hunter2',
    ]) {
      replies = [[200, body]];
      const error = await createCredentialSource({})
        .current()
        .then(
          () => undefined,
          (thrown: unknown) => thrown as Error,
        );
      expect(error).toMatchObject({ code: 'CredentialsMissing' });
      const { message } = error?.cause as Error;
      expect(message).toMatch(/unable to get credentials from any of the providers.*AccessKeySecret/s);
      expect(
        JSON.stringify([error?.message, error?.stack, message, (error?.cause as Error).stack]),
      ).not.toContain('hunter2');
    }
  });
});

describe('a text without its secrets', () => {
  it.each([
    ['{"AccessKeySecret":"a/b+c=","SecurityToken": "d"}', '{"AccessKeySecret":"***","SecurityToken": "***"}'],
    [String.raw`{\"AccessKeySecret\":\"abc\"}`, String.raw`{\"AccessKeySecret\":\"***\"}`],
    ['secret=abc, access_key_secret: abc', 'secret=***, access_key_secret: ***'],
    ['get sts token failed, httpStatus: 404', 'get sts token failed, httpStatus: 404'],
  ])('%s', (text, expected) => {
    expect(withoutSecrets(text)).toBe(expected);
  });
});
