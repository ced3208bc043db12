import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { readReply } from '../../src/sls/read-reply.ts';

/** Returns the rows, or the code of the error. */
const read = (text: string | Buffer): Promise<unknown> =>
  readReply(Buffer.from(text), {}, 'p/l').then(
    ({ rows }) => rows,
    (error: unknown) => (error instanceof AdapterError ? error.code : error),
  );

/** What `JSON.parse` makes of a reply; undefined: it is not a complete result. */
function expected(text: string): unknown {
  try {
    const { meta, data } = JSON.parse(text) as {
      meta?: { progress?: string; count?: number };
      data?: unknown;
    };
    const isRow = (row: unknown) =>
      typeof row === 'object' &&
      row !== null &&
      !Array.isArray(row) &&
      Object.values(row).every((value) => typeof value === 'string');
    if (meta?.progress !== 'Complete' || !Array.isArray(data) || !data.every(isRow)) return undefined;
    return meta.count === undefined || meta.count === data.length ? data : undefined;
  } catch {
    return undefined;
  }
}

const complete = { progress: 'Complete' };
const odd = fc.oneof(
  fc.string(),
  fc.constantFrom('"', '\\', '\\"', ']', '}', '],"data":[', ',', '[{', '\0', '😀'),
);
/** Without what JSON escapes: V8 13.6 reads some escaped keys wrong, in `JSON.parse` as well. */
const key = odd.filter((text) => !/["\\\p{Cc}]/u.test(text));
const rows = fc.array(fc.dictionary(key, odd, { maxKeys: 4, noNullPrototype: true }), { maxLength: 8 });

describe('the rows of a reply', () => {
  it('are those of JSON.parse, whatever their texts are and wherever the list stands', async () => {
    const reply = fc.tuple(rows, odd, fc.boolean(), fc.constantFrom(undefined, 1, '\t'));
    await fc.assert(
      fc.asyncProperty(reply, async ([data, text, isFirst, space]) => {
        const other = { x: text, more: { data: [text] }, text: 'data' };
        const body = isFirst ? { data, meta: complete, ...other } : { ...other, meta: complete, data };
        expect(await read(JSON.stringify(body, undefined, space))).toEqual(data);
      }),
    );
  });

  it('are those of JSON.parse, or an error, if bytes of the reply are changed', async () => {
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', ':', '0', ' ', 'd'),
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.array(change, { minLength: 1, maxLength: 3 }), async (data, changes) => {
        const text = JSON.stringify({ meta: { ...complete, count: data.length }, data });
        const characters = Array.from(text);
        for (const [at, character] of changes) characters[at % characters.length] = character;
        const changed = characters.join('');
        const found = await read(changed);
        if (typeof found !== 'string') expect(found).toEqual(expected(changed));
      }),
      { numRuns: 1000 },
    );
  });

  it('are read in parts, which leave out no row and take no comma too many', async () => {
    const data = Array.from({ length: 5000 }, (_, index) => ({ route: `r${index}`, lines: '1'.repeat(40) }));
    const text = JSON.stringify({ meta: { ...complete, count: data.length }, data });
    expect(await read(text)).toEqual(data);
    const commas = [...text.matchAll(/\},\{/g)].map(({ index }) => index + 1);
    for (const at of [commas[0], commas[1200], commas[2500], commas.at(-1)] as number[])
      expect(await read(`${text.slice(0, at)},${text.slice(at)}`)).toBe('SlsReplyInvalid');
    expect(await read(text.replace(/\]\}$/, ',]}'))).toBe('SlsReplyInvalid');
  });

  const withRows = (list: string) => `{"meta":{"progress":"Complete"},"data":[${list}]}`;
  it.each<[string, string, string]>([
    ['100,001 rows', withRows(Array(100_001).fill('{"a":"1"}').join(',')), 'SlsResultTooLarge'],
    [
      'rows of more than 1,000 different columns',
      withRows(Array.from({ length: 1001 }, (_, index) => `{"c${index}":"1"}`).join(',')),
      'SlsResultTooLarge',
    ],
    [
      'more than 1,000,000 values',
      withRows(
        Array(2001)
          .fill(`{${Array.from({ length: 500 }, (_, index) => `"${index}":""`).join(',')}}`)
          .join(','),
      ),
      'SlsResultTooLarge',
    ],
    ['a second list of rows', `{"data":[{"a":"1"}],${withRows('{"a":"2"}').slice(1)}`, 'SlsReplyInvalid'],
    [
      '1 MiB without a list of rows',
      JSON.stringify({ meta: complete, x: 'x'.repeat(2 ** 20) }),
      'SlsReplyInvalid',
    ],
    [
      'a list that does not end',
      `${withRows('').slice(0, -2)}${'{"a":"1"},'.repeat(1000)}`,
      'SlsReplyInvalid',
    ],
    ['brackets that nest without end', `{"data":[${'['.repeat(1_000_000)}`, 'SlsReplyInvalid'],
  ])('are an error with %s', async (_, text, code) => {
    expect(await read(text)).toBe(code);
  });

  it('may be 100,000', async () => {
    expect(await read(withRows(Array(100_000).fill('{"a":"1"}').join(',')))).toHaveLength(100_000);
  });

  const many = 600_000;
  it.each<[string, string]>([
    ['one value is 600,000 arrays deep', `{"a":${'['.repeat(many)}${']'.repeat(many)}}`],
    ['one row is a list of 600,000 rows', `[${Array(many).fill('{}').join(',')}]`],
    ['one row has 600,000 columns', `{${Array.from({ length: many }, (_, n) => `"${n}":""`).join(',')}}`],
  ])(
    'are an error before they are parsed if %s: that would take far more memory than the text',
    async (_, row) => {
      const parse = vi.spyOn(JSON, 'parse');
      expect(await read(withRows(row))).toBe('SlsReplyInvalid');
      expect(Math.max(0, ...parse.mock.calls.map(([text]) => text.length))).toBeLessThan(1000);
      parse.mockRestore();
    },
  );
});
