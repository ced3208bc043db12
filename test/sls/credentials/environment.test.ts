import { describe, expect, it } from 'vitest';
import { credentialsFromEnvironment, environmentOrigin } from '../../../src/sls/credentials/environment.ts';

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

  it('is told of by its names where it has no pair', async () => {
    await expect(environmentOrigin({ AccessKeyId: 'planted-secret' })()).rejects.toThrow(
      'the environment has neither ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET nor AccessKeyId and AccessKeySecret',
    );
  });
});
