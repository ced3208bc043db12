import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ingressLogs } from '../../src/metric/ingress-logs.ts';
import {
  columnsOf,
  decodeByRoute,
  decodeNumber,
  decodeSecondCounts,
  decodeTotal,
  queryDecoded,
} from '../../src/sls/decode.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';

const invalid = expect.objectContaining({ code: 'SlsReplyInvalid' }) as Error;

/** Returns the message of the error that the work throws, and its cause, which has what differs from reply to reply. */
function toldBy(work: () => unknown): string {
  try {
    return String(work());
  } catch (error) {
    return `${String(error)} ${String((error as Error).cause)}`;
  }
}

describe('decodeNumber', () => {
  it.each<[string, number]>([
    ['0', 0],
    ['60', 60],
    ['60.0', 60],
    ['-1', -1],
    ['23.9', 23.9],
    ['1.0E-4', 0.0001],
    ['1.2345E7', 12_345_000],
    ['4.9E-324', Number.MIN_VALUE],
    ['1.7976931348623157E308', Number.MAX_VALUE],
    ['9007199254740993', 9_007_199_254_740_992],
    ['9223372036854775807', 2 ** 63],
    ['-0.0', -0],
  ])('decodes %s', (text, value) => {
    expect(decodeNumber(text, 'c')).toBe(value);
  });

  it.each([
    'null',
    'NaN',
    'Infinity',
    '-Infinity',
    '1.0E309',
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '+1',
    '1e5',
    '1E+5',
    '0x10',
    '0b1',
    '1,000',
    '1_000',
    '.5',
    '5.',
    'E5',
    '1.0E',
    '1.2.3',
    '--1',
    '1f',
    '٣',
    'true',
    '1.0E-4 ',
    '12abc',
  ])('refuses %j', (text) => {
    expect(() => decodeNumber(text, 'requests')).toThrow(invalid);
    expect(toldBy(() => decodeNumber(text, 'requests'))).toContain(
      `SLS gave ${JSON.stringify(text)} for requests`,
    );
  });

  it('refuses a missing column', () => {
    expect(() => decodeNumber(undefined, 'requests')).toThrow(/SLS gave nothing for requests/);
  });

  it('cuts long texts in its message', () => {
    expect(() => decodeNumber('x'.repeat(10_000), 'c')).toThrow(/^.{0,400}$/);
  });

  it('decodes any double as Java prints it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const [digits = '', exponent = '0'] = value.toExponential().split('e');
        const java = `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
        expect(Object.is(decodeNumber(java, 'c'), value) || decodeNumber(java, 'c') === value).toBe(true);
      }),
    );
  });

  it('refuses any other text, also those that Number would accept', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        let value: number | undefined;
        try {
          value = decodeNumber(text, 'c');
        } catch {
          return;
        }
        expect(text).toMatch(/^-?\d/);
        expect(value).toBe(Number(text));
      }),
    );
  });
});

const both = columnsOf(ingressLogs['nginx-ingress'], { requests: 'count(*)', seconds: 'sum({requestTime})' });
const [columns, seconds] = [both.slice(0, 1), both.slice(1)];
const row = (route: string, requests: string) => ({ effective_route: route, requests, __source__: '' });

describe('decodeByRoute', () => {
  const decode = (...rows: readonly Record<string, string>[]) =>
    decodeByRoute(rows, columns, ['a', 'b'], 'refused');

  it('returns the aggregates of each route, without those that have no row', () => {
    expect(decode(row('b', '2'), row('a', '1.0'))).toEqual(
      new Map([
        ['b', { requests: 2 }],
        ['a', { requests: 1 }],
      ]),
    );
    expect(decode(row('a', '1')).has('b')).toBe(false);
    expect(decode().size).toBe(0);
  });

  it.each<[string, readonly Record<string, string>[], RegExp]>([
    ['a route twice', [row('a', '1'), row('a', '1')], /"a" twice/],
    ['a route that was not asked for', [row('a', '1'), row('c', '1')], /"c" without being asked for it/],
    ['a row without a route', [{ requests: '1' }], /without a route/],
    ['a row without the aggregate', [{ effective_route: 'a' }], /nothing for requests/],
    ['text instead of a number', [row('a', '1'), row('b', '1,000')], /"1,000" for requests/],
  ])('refuses %s', (_, rows, message) => {
    expect(() => decode(...rows)).toThrow(invalid);
    expect(toldBy(() => decode(...rows))).toMatch(message);
  });
});

it.each(['null', 'NaN', 'Infinity', '-Infinity'])(
  'decodes an aggregate that is %s as NaN, and keeps the other aggregates and rows',
  (text) => {
    const rows = [
      { effective_route: 'a', requests: '2', seconds: text },
      { effective_route: 'b', requests: '1', seconds: '0.5' },
    ];
    expect(decodeByRoute(rows, both, ['a', 'b'], 'refused')).toEqual(
      new Map([
        ['a', { requests: 2, seconds: NaN }],
        ['b', { requests: 1, seconds: 0.5 }],
      ]),
    );
    const total = decodeTotal([{ seconds: text, lines: '1' }], seconds);
    expect(total).toEqual(new Map([[undefined, { seconds: NaN }]]));
  },
);

describe('decodeByRoute of a query that groups by every route', () => {
  const decode = (...rows: readonly Record<string, string>[]) =>
    decodeByRoute(rows, columns, ['a', 'b', 'constructor'], 'kept');

  it('keeps the routes that were not asked for, as without a number if they have none or come twice', () => {
    const others = ['', '-', 'null', '__proto__', 'A'].map((route) => row(route, '3'));
    const counted = decode(...others, row('b', '2'), row('c', '1'), row('d', 'nil'), row('c', '1'));
    const numbers = Array.from(counted, ([route, { requests }]) => `${route} ${requests}`);
    expect(numbers).toEqual([' 3', '- 3', 'null 3', '__proto__ 3', 'A 3', 'b 2', 'c NaN', 'd NaN']);
  });

  it.each<[string, readonly Record<string, string>[], RegExp]>([
    ['a route that was asked for twice', [row('a', '1'), row('c', '1'), row('a', '1')], /"a" twice/],
    ['a row without a route', [row('a', '1'), { requests: '1' }], /without a route/],
    [
      'text instead of a number, for a route that was asked for',
      [row('c', '1'), row('a', 'nil')],
      /"nil" for requests/,
    ],
  ])('refuses %s', (_, rows, message) => {
    expect(() => decode(...rows)).toThrow(invalid);
    expect(toldBy(() => decode(...rows))).toMatch(message);
  });
});

describe('decodeTotal', () => {
  it('returns the aggregates of the one row', () => {
    expect(decodeTotal([{ requests: '7', lines: '9', other: 'x' }], columns)).toEqual(
      new Map([[undefined, { requests: 7 }]]),
    );
  });

  it('returns an empty map if there are no lines, for which a sum is NULL', () => {
    expect(decodeTotal([{ requests: 'null', lines: '0' }], columns)).toEqual(new Map());
  });

  it.each<[string, readonly Record<string, string>[]]>([
    ['no row', []],
    ['two rows', [row('', '1'), row('', '1')]],
    ['text instead of a number, with lines', [{ requests: 'nil', lines: '1' }]],
    ['no number of lines', [{ requests: '1', lines: 'null' }]],
    ['no count of lines', [{ requests: '1' }]],
    ['no such column', [{ count: '1', lines: '1' }]],
  ])('refuses %s', (_, rows) => {
    expect(() => decodeTotal(rows, columns)).toThrow(invalid);
  });
});

describe('decodeSecondCounts', () => {
  const second = (unix: string, lines: string) => ({ unix_second: unix, lines });
  const decode = (...rows: readonly Record<string, string>[]) =>
    decodeSecondCounts(rows, { startSeconds: 100, endSeconds: 115 });

  it('returns the lines of each second, without those that have no row', () => {
    expect([...decode(second('114', '2'), second('100', '7'))]).toEqual([
      [114, 2],
      [100, 7],
    ]);
    expect(decode()).toEqual(new Map());
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a second twice', second('100', '1'), /a second twice/],
    ['a second after the window', second('115', '1'), /second 115/],
    ['half a second', second('101.5', '1'), /101\.5 for unix_second/],
    ['no second', { lines: '1' }, /nothing for unix_second/],
    ['no count', { unix_second: '101' }, /nothing for lines/],
    ['null', second('101', 'null'), /"null" for lines/],
    ['a group without a line', second('101', '0'), /0 for lines/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => decode(second('100', '1'), wrong)).toThrow(invalid);
    expect(toldBy(() => decode(second('100', '1'), wrong))).toMatch(message);
  });
});

describe('queryDecoded', () => {
  const query = {
    endpoint: parseEndpointUrl('https://cn-beijing.log.aliyuncs.com'),
    project: 'p',
    logstore: 'l',
    fromSeconds: 100,
    toSeconds: 115,
    query: '*',
  };
  const result = {
    rows: [row('a', '1')],
    columnTypes: new Map<string, string>(),
    requestId: 'R1',
    processedRows: 1,
    processedBytes: 1,
    serverElapsedMs: 1,
    serverTimeMs: undefined,
  };
  const logs = { query: () => Promise.resolve(result) };
  const signal = new AbortController().signal;

  it('lets other work run between parsing the rows and decoding their numbers', async () => {
    let otherWork = 0;
    const busy = {
      query: () => {
        setImmediate(() => (otherWork += 1));
        return Promise.resolve(result);
      },
    };
    expect(await queryDecoded(busy, query, 115, () => otherWork, signal)).toBe(1);
  });

  it('names the logstore and the request in an error about the rows', async () => {
    const decode = () => decodeNumber('many', 'requests');
    await expect(queryDecoded(logs, query, 115, decode, signal)).rejects.toMatchObject({
      code: 'SlsReplyInvalid',
      what: 'SLS, project p, logstore l: SLS gave a text for requests that is not a number',
      cause: new Error('SLS gave "many" for requests'),
      slsRequestId: 'R1',
    });
  });

  it('passes a fault of the adapter on unchanged', async () => {
    const fault = new TypeError('x is not a function');
    const decode = () => {
      throw fault;
    };
    await expect(queryDecoded(logs, query, 115, decode, signal)).rejects.toBe(fault);
  });
});
