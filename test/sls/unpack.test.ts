import { deflateSync } from 'node:zlib';
import { compressSync } from 'lz4-napi';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { unpacked } from '../../src/sls/unpack.ts';

/** Returns what the body unpacks to, or the message of the error. */
const unpack = (type: string | undefined, body: Buffer, size?: string | number, encoding?: string) => {
  const headers = {
    ...(type === undefined ? {} : { 'x-log-compresstype': type }),
    ...(size === undefined ? {} : { 'x-log-bodyrawsize': String(size) }),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
  return unpacked({ statusCode: 200, headers, body }, 'p/l').then(String, (error: unknown) =>
    error instanceof AdapterError ? `${error.code}: ${error.what}` : error,
  );
};

const zeros = Buffer.alloc(32 * 1024 * 1024);
const packers = { lz4: (data: Buffer) => compressSync(data).subarray(4), gzip: deflateSync } as const;

describe.each(['lz4', 'gzip'] as const)('a reply packed as %s', (type) => {
  const text = Buffer.from('the text '.repeat(100));
  const body = packers[type](text);
  const lie = `SlsReplyInvalid: SLS, p/l: the reply cannot be read: it does not unpack (${type}) to the size that it says`;

  it('is unpacked if it has the size that it says', async () => {
    expect(await unpack(type, body, text.length)).toBe(text.toString());
    expect(await unpack(type, packers[type](zeros), zeros.length)).toHaveLength(zeros.length);
  });

  it.each([0, 1, 100, text.length - 1, text.length + 1, 1e6, 32 * 1024 * 1024])(
    'is an error if it says %i bytes instead of 900',
    async (size) => expect(await unpack(type, body, size)).toBe(lie),
  );

  it('takes no more memory than it says, if it unpacks to 400 MB', async () => {
    const bomb = packers[type](Buffer.alloc(400e6));
    const before = process.resourceUsage().maxRSS;
    for (let n = 0; n < 5; n += 1) expect(await unpack(type, bomb, 100)).toBe(lie);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1024);
  });

  it.each([2 ** 25 + 1, 3e9, 1e14])('is not unpacked if it says %i bytes', async (size) => {
    expect(await unpack(type, body, size)).toBe(
      'SlsResultTooLarge: SLS, p/l: the result has more than 33554432 bytes',
    );
  });

  it.each([undefined, '', '-1', '1e3', '0x10', '9'.repeat(16), ' 900'])(
    'is an error with the size %j',
    async (size) => {
      expect(await unpack(type, body, size)).toMatch(/its x-log-bodyrawsize is not a size$/);
    },
  );
});

it.each(['gzip', 'br', 'gzip, gzip, gzip', 'x'.repeat(1000)])(
  'refuses a Content-Encoding, which was not asked for: %s',
  async (encoding) => {
    const found = await unpack(undefined, Buffer.from('x'), undefined, encoding);
    expect(found).toMatch(
      /^SlsReplyInvalid: .* it is packed as Content-Encoding ".{1,40}", which was not asked for$/,
    );
  },
);

it('leaves a reply as it is that is not packed', async () => {
  expect(await unpack(undefined, Buffer.from('text'), 1e9)).toBe('text');
  expect(await unpack(undefined, Buffer.from('text'), undefined, 'identity')).toBe('text');
});
