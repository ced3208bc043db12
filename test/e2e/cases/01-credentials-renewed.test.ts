import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccessKey } from '../../../emulator/auth/credentials.ts';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { startSts, type Sts } from '../../sls/credentials/sts-double.ts';
import { encryptedToken } from '../../sls/credentials/encrypted-token.ts';
import { logstore, project, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { waitFor } from '../../support/wait-for.ts';

const directory = mkdtempSync(join(tmpdir(), 'renewal-'));
const tokenFile = join(directory, 'oidc-token');
const addonFile = join(directory, 'addon-token');
const roleArn = 'acs:ram::1:role/reader';
const providerArn = 'acs:ram::1:oidc-provider/p';
const keyOf = (name: string): Required<Pick<AccessKey, 'id' | 'secret' | 'securityToken'>> => ({
  id: `STS.${name}`,
  secret: `${name}-secret`,
  securityToken: `${name}-token`,
});
const [old, next] = [keyOf('old'), keyOf('next')];
const base = { id: 'base-id', secret: 'base-secret' };

let sls: Emulator;
let sts: Sts;
/** Longer than the tests take, and less than SLS lets the clock of a request differ, which is 15 minutes. */
const validMs = 600_000;
/** How far the clock of SLS is ahead. */
let aheadMs = 0;

const credentialsOf = (source: string): object =>
  ({
    rrsa: {
      source,
      roleArn,
      oidcProviderArn: providerArn,
      oidcTokenFile: tokenFile,
      stsEndpoint: sts.endpoint,
    },
    'assume-role': {
      source,
      roleArn,
      stsEndpoint: sts.endpoint,
      from: { source: 'secret-file', directory },
    },
    'addon-token': { source, file: addonFile },
    'secret-file': { source, directory: join(directory, 'secret') },
  })[source] ?? { source };

beforeAll(async () => {
  writeFileSync(tokenFile, 'oidc-token');
  writeFileSync(join(directory, 'access-key-id'), base.id);
  writeFileSync(join(directory, 'access-key-secret'), base.secret);
  sls = await startEmulator({
    logstores: [{ project, logstore }],
    accessKey: [{ ...old, expiresAtMs: Date.now() + validMs }, next],
    clock: { now: () => Date.now() + aheadMs },
  });
  sts = await startSts({
    caller: base,
    oidc: { providerArn, token: 'oidc-token' },
    roleArn,
    session: { id: old.id, secret: old.secret, token: old.securityToken },
  });
});
beforeEach(() => {
  aheadMs = 0;
  give(old);
});
afterAll(async () => {
  await sts[Symbol.asyncDispose]();
  await sls.stop();
  rmSync(directory, { recursive: true });
});

/** Makes every source give this key from now on. */
function give({ id, secret, securityToken }: typeof old): void {
  sts.rules = { ...sts.rules, session: { id, secret, token: securityToken } };
  writeFileSync(addonFile, encryptedToken({ id, secret, token: securityToken }));
}

const start = (source: string): Promise<TestAdapter> =>
  startAdapter(
    {},
    { credentials: undefined },
    JSON.stringify({
      sls: { endpoint: sls.url, credentials: credentialsOf(source), breaker: { openSeconds: 1 } },
      reading: { freshnessSeconds: 0, maxStaleSeconds: 0 },
    }),
  );
const read = (adapter: TestAdapter) =>
  adapter.read('sls_ingress_qps', {
    'sls.project': project,
    'sls.logstore': logstore,
    'sls.ingress.route': 'default-web-80',
  });

describe('a security token that SLS calls expired long before its end', () => {
  it.each(['rrsa', 'assume-role', 'addon-token'])(
    'is replaced by the read that meets the refusal: source %s',
    async (source) => {
      await using adapter = await start(source);
      expect((await read(adapter)).statusCode).toBe(200);
      aheadMs = validMs;
      // The clock of SLS is ahead now, which readings would refuse.
      sls.setFaults({ dateShiftMs: -validMs });
      give(next);
      expect((await read(adapter)).statusCode).toBe(200);
      sls.setFaults({});
    },
  );

  it('is fetched again at once, and not for each refused read, while SLS refuses every token', async () => {
    sls.setFaults({
      status: 401,
      errorCode: 'Unauthorized',
      errorMessage: 'The security token you provided has expired.',
    });
    await using adapter = await start('rrsa');
    const before = sts.requests.length;
    for (let n = 0; n < 20; n += 1)
      expectStatus(
        await read(adapter),
        503,
        'CredentialsRefused',
        /token you provided has expired.*by itself/,
      );
    expect(sts.requests.length - before).toBe(2);
    sls.setFaults({});
    await waitFor(async () => (await read(adapter)).statusCode === 200);
  });
});
