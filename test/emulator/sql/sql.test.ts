import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../../emulator/emulator.ts';
import { getLogsV2, line, logstore, nowSeconds, project, startTestEmulator } from '../harness.ts';

const route = 'default-nginx-80';
const records = [
  line({ method: 'GET', status: '200', request_time: '0.100', proxy_upstream_name: route }, 20),
  line({ method: 'GET', status: '200', request_time: '0.200', proxy_upstream_name: route }, 10),
  line({ method: 'PUT', status: '502', request_time: '0.300', proxy_upstream_name: route }, 10),
  line(
    {
      method: 'GET',
      status: '-',
      request_time: 'x',
      proxy_upstream_name: `it's "a"`,
      upstream_response_time: '0.1, 0.2',
    },
    5,
  ),
];

describe('SQL of the emulator', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startTestEmulator({}, records);
  });
  afterAll(() => emulator.stop());

  /** Returns the values of the first row, without the two fields that SLS adds. */
  const firstRow = async (sql: string, search = '*') => {
    const reply = await getLogsV2(emulator, `${search} | ${sql}`);
    expect(reply.errorMessage).toBe('');
    const { __source__, __time__, ...row } = reply.data[0] ?? {};
    expect([__source__, __time__]).toEqual(['', String(nowSeconds - 60)]);
    return Object.values(row);
  };

  it.each([
    // `/` of two integers drops the fraction.
    ['select count(*) / 3, 7 / 2, -7 / 2', ['1', '3', '-3']],
    ['select sum(status) / count(status)', ['300']],
    [
      'select count(*) / 3.0, 7 / 2.0, 7.0 / 2, cast(count(*) as double) / 8',
      ['1.3333333333333333', '3.5', '3.5', '0.5'],
    ],
    ['select count(*) * 1.0 / 8, count_if(status = 200) / 4', ['0.5', '0']],
    ['select max(n) / 3 as a, sum(n) / 8 as b from (select count(*) as n from log)', ['1', '0']],
    ['with t as (select count(*) as n from log) select n / 3, n / 8.0 from t', ['1', '0.5']],
    ['select sum(case when status >= 500 then 1 else 0 end) / 2, if(count(*) > 1, 3, 5) / 2', ['0', '1']],
    ['select round(avg(status)) / 7', ['43.0']],
    // Aliases without AS, also those that DuckDB reserves, and rows with and without parentheses.
    [
      'select count(*) value, max(status) minute, 7 name, method "day" from log where method = \'PUT\' group by method',
      ['1', '502', '7', 'PUT'],
    ],
    [
      "select sum(n) value from (select count(*) n, method from log group by method) t where method = 'PUT'",
      ['1'],
    ],
    ["select sum(x) value, count(*) lines from (values 1, 2 + 3, length('a,b')) as t(x)", ['9', '3']],
    [
      "select sum(w.n) value from log l join (values ('PUT', 5), ('GET', 1)) w(m, n) on l.method = w.m",
      ['8'],
    ],
    ["with w(m, n) as (values ('PUT', 5)) select sum(n) value from log join w on method = w.m", ['5']],
    ["select count(*) lines from log where method in (values 'PUT', 'POST')", ['1']],
    ['select 1 / 0.0, -1.0 / 0, 0.0 / 0', ['Infinity', '-Infinity', 'NaN']],
    ['select 0.1e0 + 0.2e0, 0.1 + 0.2', ['0.30000000000000004', '0.30000000000000004']],
    ["select count_if(status = 200), count_if(status = 1) from log where method = 'NONE'", ['0', '0']],
    // A double as text is printed as in a result.
    [
      'select cast(1e-4 as varchar), cast(12345000e0 as varchar), cast(-15e-8 as varchar), cast(1e22 as varchar)',
      ['1.0E-4', '1.2345E7', '-1.5E-7', '1.0E22'],
    ],
    [
      'select cast(0e0 as varchar), cast(0.001 as varchar), cast(1e0 / 0 as varchar), cast(try_cast(null as double) as varchar)',
      ['0.0', '0.001', 'Infinity', 'null'],
    ],
    // Doubles print as Java's, NULL as text.
    [
      'select 60.0, 0.0001, 12345000.0, cast(1 as double), null',
      ['60.0', '1.0E-4', '1.2345E7', '1.0', 'null'],
    ],
    [
      'select count(*), sum(status), avg(status), max(request_time)',
      ['4', '902', '300.6666666666667', '0.3'],
    ],
    ['select sum(status), avg(request_time), count(*) from log where status = 999', ['null', 'null', '0']],
    ['select 9223372036854775807, 100000000000 * 10', ['9223372036854775807', '1000000000000']],
    // A number that does not parse is NULL.
    [
      'select count(*), count(status), count(request_time), count(upstream_response_time)',
      ['4', '3', '3', '1'],
    ],
    [
      'select try_cast(upstream_response_time as double) from log where upstream_response_time is not null',
      ['null'],
    ],
    [
      "select try_cast('1.5' as bigint), try_cast('12' as bigint), try_cast(' 1e3 ' as double), try_cast('1_0' as bigint)",
      ['null', '12', '1000.0', 'null'],
    ],
    [
      "select cast('12' as bigint), cast('1.0E-4' as double), cast('NaN' as double), cast(12 as varchar), cast(2.0 as bigint)",
      ['12', '1.0E-4', 'NaN', '12', '2'],
    ],
    // Functions.
    ['select approx_percentile(request_time, 0.5), approx_percentile(status, 0.99)', ['0.2', '502']],
    ['select count_if(status = 200), approx_distinct(status), count(distinct method)', ['2', '2', '2']],
    [
      'select max_by(method, request_time), min_by(status, request_time), arbitrary(200)',
      ['PUT', '200', '200'],
    ],
    [
      "select if(1 > 2, 'a', 'b'), coalesce(null, 1), nullif('a', 'a'), concat('a', null), concat('a', 'b', 'c'), 'a' || 'b'",
      ['b', '1', 'null', 'null', 'abc', 'ab'],
    ],
    [
      "select regexp_like('default-x-80', '^[a-z]'), regexp_extract('a12', '[0-9]+'), regexp_extract('a12', 'x'), regexp_extract('ab', '(a)(b)', 2), regexp_replace('a1b2', '([0-9])', '<$1>')",
      ['true', '12', 'null', 'b', 'a<1>b<2>'],
    ],
    [
      "select split('a,b', ',')[2], split_part('a,b', ',', 1), strpos('abc', 'c'), length('abc'), substr('abc', 2, 1), upper('a')",
      ['b', 'a', '3', '3', 'b', 'A'],
    ],
    [`select json_extract_scalar('{"a":"b"}', '$.a'), json_extract_scalar('x', '$.a')`, ['b', 'null']],
    [
      "select from_unixtime(0), date_format(from_unixtime(60), '%Y-%m-%d %H:%i:%s'), to_unixtime(from_unixtime(5))",
      ['1970-01-01 00:00:00.000', '1970-01-01 00:01:00', '5.0'],
    ],
    [
      'select abs(-3), round(2.456, 2), ceil(1.2), mod(7, 3), greatest(1, 2), -status from log where status = 502',
      ['3', '2.46', '2.0', '1', '2', '-502'],
    ],
    [
      'select sqrt(-1), ln(0), log2(-1), log10(100), 7 % 4, 7.5 % 0',
      ['NaN', '-Infinity', 'NaN', '2.0', '3', 'NaN'],
    ],
    ['select "method", "status" from log where status = 502 limit 0, 1', ['PUT', '502']],
    // Text in a literal is never syntax.
    [`select 'it''s / 2; -- "x" $1', "method" from log where status = 502`, [`it's / 2; -- "x" $1`, 'PUT']],
    [`select count(*) from log where proxy_upstream_name = 'it''s "a"'`, ['1']],
    [`select count(*) from log where proxy_upstream_name = 'x'' or ''1''=''1'`, ['0']],
    [
      "select count(*) from log where method in ('GET', 'PUT') and status between 200 and 299 and method like 'G%'",
      ['2'],
    ],
    ['select count(*) where status >= 500', ['1']],
    [`select count(*) from "nginx-ingress"`, ['4']],
    ['select l.method from log l join log r on l.status = r.status where l.status = 502', ['PUT']],
    [
      'select row_number() over (order by status desc) as i, method from log where status = 502',
      ['1', 'PUT'],
    ],
    ['select method from log where status = (select max(status) from log)', ['PUT']],
    ['select count(*) filter (where status = 200)', ['2']],
    ['select /* a; b */ count(*) -- c\n from log', ['4']],
  ])('%s', async (sql, expected) => {
    expect(await firstRow(sql)).toEqual(expected);
  });

  it('groups and orders rows, and names columns like SLS', async () => {
    const reply = await getLogsV2(
      emulator,
      `proxy_upstream_name: ${route} | select method, count(*) as n, avg(request_time), 'x' group by method order by n desc`,
    );
    expect(reply.data).toMatchObject([
      { method: 'GET', n: '2', _col3: 'x' },
      { method: 'PUT', n: '1', _col2: '0.3' },
    ]);
    expect(reply.meta).toMatchObject({
      keys: ['method', 'n', '_col2', '_col3'],
      columnTypes: ['varchar', 'bigint', 'double', 'varchar'],
      hasSQL: true,
      whereQuery: `proxy_upstream_name: ${route}`,
      processedRows: 3,
      count: 2,
      progress: 'Complete',
    });
  });

  it('names the types of the columns as SLS does', async () => {
    const types: Readonly<Record<string, string>> = {
      status: 'bigint',
      'max(request_time)': 'double',
      method: 'varchar',
      'count(*)': 'bigint',
      'count(*) / 2': 'bigint',
      'count(*) / 2.0': 'double',
      'sum(status)': 'bigint',
      'sum(case when status > 1 then 1 else 0 end)': 'bigint',
      'avg(status)': 'double',
      'count_if(status > 1)': 'bigint',
      'approx_percentile(request_time, 0.5)': 'double',
      'status > 1': 'boolean',
      'from_unixtime(0)': 'timestamp',
      "split(method, ',')": 'array(varchar)',
      __time__: 'bigint',
    };
    for (const [expression, type] of Object.entries(types)) {
      const { meta } = await getLogsV2(emulator, `* | select ${expression} as x from log limit 1`);
      expect({ expression, types: meta['columnTypes'] }).toEqual({ expression, types: [type] });
    }
    // A search has no columns with types.
    expect((await getLogsV2(emulator, '*')).meta).toMatchObject({ keys: [], columnTypes: [] });
  });

  it('accepts an alias of the select list in GROUP BY', async () => {
    const sql = "select date_trunc('minute', __time__) as m, count(*) as n from log group by m order by m";
    expect((await getLogsV2(emulator, `* | ${sql}`)).data).toMatchObject([
      { m: '2022-07-22 03:29:00.000', n: '4' },
    ]);
  });

  it('applies the half-open time range in addition to the SQL', async () => {
    const count = async (from: number, to: number, where = '') => {
      const reply = await getLogsV2(emulator, `* | select count(*) as n from log ${where}`, {
        from: nowSeconds + from,
        to: nowSeconds + to,
      });
      return reply.data[0]?.['n'];
    };
    expect(await count(-20, -10)).toBe('1');
    expect(await count(-20, -9)).toBe('3');
    expect(await count(-19, -9)).toBe('2');
    expect(await count(-60, 1, `where __time__ >= ${nowSeconds - 10} and __time__ < ${nowSeconds - 5}`)).toBe(
      '2',
    );
    expect(await count(-19, -9, 'where __time__ > 0')).toBe('2');
    expect(await count(-3000, -2000)).toBe('0');
  });

  it('returns 100 rows without LIMIT, and more with one', async () => {
    const many = Array.from({ length: 250 }, (_, n) => line({ req_id: String(n) }));
    await using other = await startTestEmulator({}, many);
    const rows = async (sql: string) => (await getLogsV2(other, `* | ${sql}`)).data.length;
    expect(await rows('select req_id, count(*) group by req_id')).toBe(100);
    expect(await rows('select req_id, count(*) group by req_id limit 1000000')).toBe(250);
    expect(await rows('select req_id from log order by req_id limit 3, 7')).toBe(7);
    expect(await rows('with t as (select req_id from log limit 200) select * from t')).toBe(100);
    expect(await rows('select req_id from (select req_id from log limit 200)')).toBe(100);
    expect(await rows('select req_id from log union all select req_id from log')).toBe(100);
  });

  it('gives columns the types of the index', async () => {
    const index = { fields: { status: 'text', method: 'text' } } as const;
    await using other = await startTestEmulator({ logstores: [{ project, logstore, index }] }, records);
    expect((await getLogsV2(other, '* | select max(status) as m')).data).toMatchObject([{ m: '502' }]);
    expect((await getLogsV2(other, '* | select sum(status)')).errorMessage).toContain('varchar');
    expect((await getLogsV2(other, '* | select request_time')).errorMessage).toContain(
      "Column 'request_time' cannot be resolved",
    );
  });
});
