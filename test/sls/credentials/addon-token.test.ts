import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAddonToken, readAddonToken } from '../../../src/sls/credentials/addon-token.ts';
import { encrypted, encryptedToken, inSeconds } from './encrypted-token.ts';

const directory = mkdtempSync(join(tmpdir(), 'addon-token-'));
afterAll(() => rmSync(directory, { recursive: true }));

const expiration = inSeconds(3600);
const planted = { id: 'planted-id', secret: 'planted-secret', token: 'planted-token' };
const keyring = 'planted-keyring!';
const wrong = (change: object) =>
  JSON.stringify({ ...(JSON.parse(encryptedToken({ ...planted, keyring })) as object), ...change });
const block = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64');

describe('an add-on token', () => {
  it('is decrypted with a key of any AES length', () => {
    const visible = fc.string({
      minLength: 1,
      maxLength: 200,
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    });
    const keys = fc.constantFrom(16, 24, 32).chain((length) =>
      fc.string({
        minLength: length,
        maxLength: length,
        unit: fc.constantFrom('a', 'Z', '0', '+', '/', '=', ' '),
      }),
    );
    fc.assert(
      fc.property(visible, visible, visible, keys, (id, secret, token, key) => {
        expect(
          parseAddonToken(encryptedToken({ id, secret, token, keyring: key, expiration }), 'it'),
        ).toMatchObject({
          credentials: { accessKeyId: id, accessKeySecret: secret, securityToken: token },
          expiresAtMs: Date.parse(expiration),
        });
      }),
    );
  });

  it('is decrypted if another program (openssl) encrypted it', () => {
    // openssl enc -aes-128-cbc -K 30313233343536373839616263646566 -iv 000102…0f
    const iv = '000102030405060708090a0b0c0d0e0f';
    const of = (hex: string) => Buffer.from(iv + hex, 'hex').toString('base64');
    const text = JSON.stringify({
      'access.key.id': of('6b197541b95ad50e24e670879afdb610'),
      'access.key.secret': of('af7a733270f26c88bd9d91cd3977a792b43b3b3560e9be0df72eda3c78bdb064'),
      'security.token': of('825847ae3d2524400e6aeae02fb82c8e'),
      expiration: '2026-01-02T15:04:05Z',
      keyring: '0123456789abcdef',
    });
    expect(parseAddonToken(text, 'it')).toMatchObject({
      credentials: { accessKeyId: 'STS.abc', accessKeySecret: 'of-sixteen-bytes', securityToken: 'a-token' },
      expiresAtMs: Date.UTC(2026, 0, 2, 15, 4, 5),
    });
  });

  it.each<[what: string, text: string, message: string]>([
    ['no content', '', ' is not JSON'],
    ['other content', 'planted-secret', ' is not JSON'],
    ['half its content', encryptedToken(planted).slice(0, 100), ' is not JSON'],
    ['a list instead of an object', '["planted-secret"]', ' is not a JSON object'],
    ['no keyring', wrong({ keyring: undefined }), ' has no "keyring"'],
    ['an empty secret', wrong({ 'access.key.secret': '' }), ' has no "access.key.secret"'],
    ['a number as ID', wrong({ 'access.key.id': 5 }), ' has no "access.key.id"'],
    ['no security token', wrong({ 'security.token': null }), ' has no "security.token"'],
    [
      'a short keyring',
      wrong({ keyring: 'planted-secret' }),
      ': "keyring" has 14 bytes; an AES key has 16, 24 or 32',
    ],
    [
      'a keyring with too many bytes',
      wrong({ keyring: 'é'.repeat(16).slice(0, 15) }),
      ': "keyring" has 30 bytes; an AES key has 16, 24 or 32',
    ],
    [
      'a wrong keyring',
      wrong({ keyring: 'another-keyring!' }),
      ': "access.key.id" cannot be decrypted with "keyring"',
    ],
    [
      'text that is not base64',
      wrong({ 'access.key.id': 'planted secret' }),
      ': "access.key.id" is not base64',
    ],
    ['URL-safe base64', wrong({ 'access.key.id': 'ab-_' }), ': "access.key.id" is not base64'],
    [
      'only an IV',
      wrong({ 'access.key.secret': block(16) }),
      ': "access.key.secret" has 16 bytes; an IV and whole blocks of 16 bytes are expected',
    ],
    [
      'half a block',
      wrong({ 'security.token': block(40) }),
      ': "security.token" has 40 bytes; an IV and whole blocks of 16 bytes are expected',
    ],
    [
      'random bytes',
      wrong({ 'security.token': block(48) }),
      ': "security.token" cannot be decrypted with "keyring"',
    ],
    [
      'an empty encrypted text',
      wrong({ 'access.key.secret': encrypted('', keyring) }),
      ': "access.key.secret" cannot be decrypted with "keyring"',
    ],
    [
      'control characters in a text',
      wrong({ 'access.key.secret': encrypted('planted\u0001', keyring) }),
      ': "access.key.secret" cannot be decrypted with "keyring"',
    ],
    ...[
      '',
      'planted-secret',
      '2026-02-31T00:00:00Z',
      '2026-01-02 15:04:05',
      '2026-01-02T15:04:05+08:00',
      1,
    ].map((value): [string, string, string] => [
      `the expiration ${JSON.stringify(value)}`,
      wrong({ expiration: value }),
      typeof value === 'string' && value !== ''
        ? ': "expiration" must be a time such as 2006-01-02T15:04:05Z'
        : ' has no "expiration"',
    ]),
  ])('is refused if it has %s, with a message that repeats nothing of it', (_, text, message) => {
    let error: unknown;
    try {
      parseAddonToken(text, 'the file');
    } catch (thrown) {
      error = thrown;
    }
    expect((error as Error).message).toBe(`the file${message}`);
    expect(`${(error as Error).stack}${JSON.stringify((error as Error).cause)}`).not.toContain('planted');
  });

  it('is read from its file each time', async () => {
    const file = join(directory, 'token-config');
    await expect(readAddonToken(file)).rejects.toThrow(`the add-on token ${file} cannot be read (ENOENT)`);
    writeFileSync(file, encryptedToken(planted));
    expect((await readAddonToken(file)).credentials.accessKeyId).toBe('planted-id');
    writeFileSync(file, encryptedToken({ ...planted, id: 'next-id' }));
    expect((await readAddonToken(file)).credentials.accessKeyId).toBe('next-id');
    await expect(readAddonToken(directory)).rejects.toThrow('cannot be read (EISDIR)');
  });
});
