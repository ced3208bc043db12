import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePutLogs, maxRawBytes, type PutLogsHeaders } from '../../../emulator/ingest/put-logs.ts';
import { encodePutLogs, type PutLogsBody } from '../../support/put-logs.ts';

const records = [
  { timeSeconds: 1_795_444_841, fields: { status: '200', host: 'bücher.example.com' } },
  { timeSeconds: 4_294_967_295, fields: { status: '', __proto__x: 'y' } },
];
const bare = { __topic__: '', __source__: '' };

function headersOf({ headers }: PutLogsBody): PutLogsHeaders {
  return { compressType: headers['x-log-compresstype'], bodyRawSize: Number(headers['x-log-bodyrawsize']) };
}

describe('decodePutLogs', () => {
  it.each([undefined, 'lz4', 'zstd', 'deflate', 'gzip'] as const)(
    'decodes a body with compression %s',
    (type) => {
      const request = encodePutLogs(records, type === undefined ? {} : { compressType: type });
      expect(decodePutLogs(request.body, headersOf(request))).toEqual(
        records.map(({ timeSeconds, fields }) => ({ timeSeconds, fields: { ...bare, ...fields } })),
      );
    },
  );

  it('decodes a log group that is written byte by byte', () => {
    // Log{Time: 5, Contents: [{a: b}]}, Topic "t": encoded by hand.
    const body = Buffer.from('0a0a0805120 60a0161120162 1a0174'.replaceAll(' ', ''), 'hex');
    expect(decodePutLogs(body, {})).toEqual([
      { timeSeconds: 5, fields: { __topic__: 't', __source__: '', a: 'b' } },
    ]);
  });

  it('gives each record the topic, source and tags of the group', () => {
    const { body } = encodePutLogs(records.slice(0, 1), {
      topic: 'ingress',
      source: '10.0.0.1',
      tags: { __hostname__: 'node-1', empty: '' },
      timeNs: 123_456_789,
    });
    expect(decodePutLogs(body, {})[0]?.fields).toEqual({
      __topic__: 'ingress',
      __source__: '10.0.0.1',
      '__tag__:__hostname__': 'node-1',
      '__tag__:empty': '',
      status: '200',
      host: 'bücher.example.com',
    });
  });

  it('returns no records for an empty group', () => {
    expect(decodePutLogs(Buffer.alloc(0), { bodyRawSize: 0 })).toEqual([]);
  });

  it('treats a field named __proto__ like any other', () => {
    const { body } = encodePutLogs([{ timeSeconds: 1, fields: Object.fromEntries([['__proto__', 'kept']]) }]);
    expect(Object.entries(decodePutLogs(body, {})[0]?.fields ?? {})).toContainEqual(['__proto__', 'kept']);
  });

  it('round-trips any fields through lz4', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.dictionary(fc.string(), fc.string()), (timeSeconds, fields) => {
        const request = encodePutLogs([{ timeSeconds, fields }], { compressType: 'lz4' });
        expect(decodePutLogs(request.body, headersOf(request))).toEqual([
          { timeSeconds, fields: Object.fromEntries(Object.entries({ ...bare, ...fields })) },
        ]);
      }),
    );
  });

  const lz4 = encodePutLogs(records, { compressType: 'lz4' });
  const zstd = encodePutLogs(records, { compressType: 'zstd' });
  const plain = encodePutLogs(records);
  const refused: [string, Buffer, PutLogsHeaders, RegExp][] = [
    [
      'an unknown compression',
      plain.body,
      { compressType: 'snappy' },
      /x-log-compresstype "snappy" is not lz4/,
    ],
    ['lz4 without its size', lz4.body, { compressType: 'lz4' }, /x-log-bodyrawsize is missing/],
    [
      'a size that differs from the body',
      plain.body,
      { bodyRawSize: 1 },
      /x-log-bodyrawsize is 1, but the uncompressed body has \d+ bytes/,
    ],
    [
      'an lz4 size too large',
      lz4.body,
      { compressType: 'lz4', bodyRawSize: 5000 },
      /uncompressed body has|not valid lz4/,
    ],
    [
      'an lz4 size too small',
      lz4.body,
      { compressType: 'lz4', bodyRawSize: 3 },
      /uncompressed body has|not valid lz4/,
    ],
    ['a size that is not a number', lz4.body, { bodyRawSize: Number.NaN }, /not a whole number/],
    ['a size beyond the limit', lz4.body, { bodyRawSize: maxRawBytes + 1 }, /larger than 10485760 bytes/],
    ['damaged lz4', Buffer.from('ffffff', 'hex'), { compressType: 'lz4', bodyRawSize: 9 }, /not valid lz4/],
    ['damaged zstd', zstd.body.subarray(3), { compressType: 'zstd' }, /not valid zstd/],
    ['damaged deflate', Buffer.from('nonsense'), { compressType: 'deflate' }, /not valid deflate/],
    ['a truncated group', plain.body.subarray(0, -2), {}, /not a protobuf LogGroup/],
    [
      'a log without its time',
      Buffer.from('0a0212 00'.replace(' ', ''), 'hex'),
      {},
      /not a protobuf LogGroup/,
    ],
  ];
  it.each(refused)('refuses %s', (_, body, headers, message) => {
    expect(() => decodePutLogs(body, headers)).toThrow(message);
  });

  it('refuses a small body whose uncompressed size is over the limit', () => {
    const bomb = encodePutLogs([{ timeSeconds: 1, fields: { a: 'x'.repeat(maxRawBytes + 1) } }], {
      compressType: 'zstd',
    });
    expect(() => decodePutLogs(bomb.body, { compressType: 'zstd' })).toThrow(/not valid zstd/);
  });

  it('throws only Errors, for any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(undefined, 'lz4', 'zstd', 'deflate'),
        fc.nat(500),
        (bytes, compressType, bodyRawSize) => {
          try {
            decodePutLogs(Buffer.from(bytes), { compressType, bodyRawSize });
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
    );
  });
});
