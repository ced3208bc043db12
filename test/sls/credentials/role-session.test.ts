import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fixedCredentials } from '../../support/fixed-credentials.ts';
import type { Credentials } from '../../../src/sls/credentials/credentials.ts';
import { assumeRoleOrigin, rrsaOrigin } from '../../../src/sls/credentials/role-session.ts';
import type { CredentialSettings } from '../../../src/sls/credentials/credentials.ts';
import { failureOf } from './failure-of.ts';
import { startSts, type Sts, type StsRules } from './sts-double.ts';

const directory = mkdtempSync(join(tmpdir(), 'role-session-'));
const oidcTokenFile = join(directory, 'token');
const oidcToken = 'eyJwbGFudGVk.eyJvaWRj.dG9rZW4';
const providerArn = 'acs:ram::1:oidc-provider/ack-rrsa-c1';
const rules: StsRules = {
  caller: { id: 'caller', secret: 'planted/caller+secret' },
  oidc: { providerArn, token: oidcToken },
  roleArn: 'acs:ram::2:role/reader',
  session: { id: 'STS.session', secret: 'planted-session-secret', token: 'planted-session-token' },
};
/** Secrets without the word "planted". */
const encoded = [oidcToken, 'planted%2Fcaller', 'caller%2Bsecret'];
const session: Credentials = {
  accessKeyId: 'STS.session',
  accessKeySecret: 'planted-session-secret',
  securityToken: 'planted-session-token',
};
let sts: Sts;

beforeAll(async () => {
  sts = await startSts(rules);
});
beforeEach(() => {
  sts.rules = rules;
  writeFileSync(oidcTokenFile, oidcToken);
});
afterEach(() => {
  expect(sts.replies.splice(0)).toEqual([]);
  sts.requests.splice(0);
});
afterAll(async () => {
  await sts[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const badReplies: [status: number, body: string, reason: RegExp][] = [
  [500, 'planted', /a reply that is not JSON$/],
  [200, 'planted', /a reply that is not JSON$/],
  [503, '<html>{planted}</html>', /a reply/],
  [200, '{"Credentials":{"AccessKeyId":"x","AccessKeySecret":"planted"}}', /./],
  [500, '{"Credentials":{"AccessKeySecret":"planted"}}', /a reply without an error code$/],
  [
    200,
    JSON.stringify({ Credentials: { AccessKeyId: 'x', AccessKeySecret: 'planted', SecurityToken: 'y' } }),
    /does not say when/,
  ],
];

/** An environment without a proxy. */
const partsOf = (stsEndpoint: string) => ({ env: {}, stsEndpoint });

describe('assumeRoleOrigin', () => {
  const caller = { accessKeyId: 'caller', accessKeySecret: 'planted/caller+secret' };
  const settings: CredentialSettings = {
    source: 'assume-role',
    roleArn: rules.roleArn,
    from: { source: 'environment' },
  };
  const originOf = (base: Credentials = caller, change: Partial<CredentialSettings> = {}) =>
    assumeRoleOrigin({ ...settings, ...change }, fixedCredentials(base), partsOf(sts.endpoint));

  it('returns a new session at each call, with a signed request', async () => {
    const origin = originOf();
    const { credentials, expiresAtMs = 0 } = await origin();
    expect(credentials).toEqual(session);
    expect(Math.abs(expiresAtMs - Date.now() - 3_600_000)).toBeLessThan(60_000);
    await origin();
    expect(sts.requests).toHaveLength(2);
    expect(sts.requests[0]).toMatchObject({ Action: 'AssumeRole', RoleSessionName: 'sls-metrics-adapter' });
  });

  it('requests what the settings say', async () => {
    sts.rules = { ...rules, externalId: 'partner-7', caller: { ...rules.caller, token: 'planted-token' } };
    const change = { externalId: 'partner-7', durationSeconds: 900, roleSessionName: 'mine' };
    const { expiresAtMs = 0 } = await originOf({ ...caller, securityToken: 'planted-token' }, change)();
    expect(Math.abs(expiresAtMs - Date.now() - 900_000)).toBeLessThan(60_000);
    expect(sts.requests[0]).toMatchObject({ RoleSessionName: 'mine', DurationSeconds: '900' });
  });

  it.each<[string, Partial<Credentials>, Partial<CredentialSettings>, RegExp, number]>([
    [
      'the secret is wrong',
      { accessKeySecret: 'planted-wrong' },
      {},
      /access key secret is invalid|SignatureDoesNotMatch/,
      1,
    ],
    [
      'the key is unknown',
      { accessKeyId: 'other' },
      {},
      /InvalidAccessKeyId\.NotFound \(Specified access key is not found; request R-1\)/,
      1,
    ],
    ['the token is wrong', { securityToken: 'planted-token' }, {}, /InvalidSecurityToken\.Malformed/, 1],
    [
      'the role is unknown',
      {},
      { roleArn: 'acs:ram::2:role/none' },
      /EntityNotExist\.Role \(The role not exists: acs:ram::2:role\/none; request R-1\)/,
      0,
    ],
    ['the external ID is wrong', {}, { externalId: 'none' }, /NoPermission/, 0],
  ])(
    'fails if %s, and informs the base credentials if STS refused their key',
    async (_, change, own, reason, refusals) => {
      const refused: Credentials[] = [];
      const base = { ...caller, ...change };
      const source = { ...fixedCredentials(base), refused: (used: Credentials) => refused.push(used) };
      expect(
        await failureOf(assumeRoleOrigin({ ...settings, ...own }, source, partsOf(sts.endpoint))),
      ).toMatch(reason);
      expect(refused).toEqual(Array.from({ length: refusals }, () => base));
    },
  );

  it('asks again at once with a new key of the base credentials if STS refused the old one', async () => {
    let key: Credentials = { ...caller, accessKeyId: 'deleted' };
    const base = { current: () => Promise.resolve(key), refused: () => (key = caller) };
    expect((await assumeRoleOrigin(settings, base, partsOf(sts.endpoint))()).credentials).toEqual(session);
    expect(sts.requests.map(({ AccessKeyId }) => AccessKeyId)).toEqual(['deleted', 'caller']);
  });

  it.each(badReplies)(
    'fails without a secret in the message if STS answers %d %s',
    async (status, body, reason) => {
      sts.replies.push({ status, body });
      expect(await failureOf(originOf(), encoded)).toMatch(reason);
    },
  );

  it('fails without the signed request in the message if STS is down', async () => {
    const down = assumeRoleOrigin(
      settings,
      fixedCredentials({ ...caller, securityToken: 'planted-token' }),
      partsOf('127.0.0.1:1'),
    );
    expect(await failureOf(down, encoded)).toMatch(/ECONNREFUSED(?!.*Signature)/);
  });
});

describe('rrsaOrigin', () => {
  const env = {
    ALIBABA_CLOUD_ROLE_ARN: rules.roleArn,
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: providerArn,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: oidcTokenFile,
  };
  const originOf = (settings: object = {}, own: Readonly<Record<string, string>> = env) =>
    rrsaOrigin({ source: 'rrsa', ...settings }, { env: own, stsEndpoint: sts.endpoint });

  it('uses what the webhook put into the environment', async () => {
    expect((await originOf()()).credentials).toEqual(session);
    expect(sts.requests[0]).toMatchObject({
      Action: 'AssumeRoleWithOIDC',
      RoleSessionName: 'sls-metrics-adapter',
    });
  });

  it('prefers the settings over the environment', async () => {
    const settings = {
      roleArn: rules.roleArn,
      oidcProviderArn: providerArn,
      oidcTokenFile,
      stsEndpoint: sts.endpoint,
    };
    const other = { ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::9:role/other' };
    const origin = rrsaOrigin({ source: 'rrsa', ...settings }, { env: other, stsEndpoint: '127.0.0.1:1' });
    expect((await origin()).credentials).toEqual(session);
  });

  it('reads the token file at each call', async () => {
    const origin = originOf();
    await origin();
    sts.rules = { ...rules, oidc: { providerArn, token: 'eyJuZXh0.eyJ0.b2tlbg' } };
    writeFileSync(oidcTokenFile, 'eyJuZXh0.eyJ0.b2tlbg');
    expect((await origin()).credentials).toEqual(session);
  });

  it.each<[string, () => void, object, RegExp]>([
    ['there is no role', () => undefined, {}, /^ALIBABA_CLOUD_ROLE_ARN is not set, and neither is roleArn/],
    ['there is no token', () => rmSync(oidcTokenFile), env, /the OIDC token .+ cannot be read \(ENOENT\)/],
    ['the token is empty', () => writeFileSync(oidcTokenFile, '\n'), env, /the OIDC token .+ is empty/],
    [
      'the token is invalid',
      () => (sts.rules = { ...rules, oidc: { providerArn, token: 'x' } }),
      env,
      /AuthenticationFail\.OIDCToken\.Invalid/,
    ],
    [
      'the provider is unknown',
      () => (sts.rules = { ...rules, oidc: { providerArn: 'x', token: oidcToken } }),
      env,
      /EntityNotExist\.OIDCProvider/,
    ],
  ])('fails if %s', async (_, arrange, own, reason) => {
    arrange();
    expect(await failureOf(originOf({}, own as Record<string, string>), encoded)).toMatch(reason);
  });

  it.each(badReplies)(
    'fails without a secret in the message if STS answers %d %s',
    async (status, body, reason) => {
      sts.replies.push({ status, body });
      expect(await failureOf(originOf(), encoded)).toMatch(reason);
    },
  );
});
