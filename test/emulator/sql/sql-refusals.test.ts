import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../../emulator/emulator.ts';
import { getLogsV2, line, startTestEmulator } from '../harness.ts';

describe('SQL that SLS refuses', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startTestEmulator({}, [
      line({ method: 'GET', status: '200', upstream_response_time: '-' }),
    ]);
  });
  afterAll(() => emulator.stop());

  it.each([
    // Names.
    ['select nosuch from log', "line 1:8: Column 'nosuch' cannot be resolved"],
    ['select count(*) from log where nosuch = 1', "Column 'nosuch' cannot be resolved"],
    ['select count(*) as n from log where n > 1', "Column 'n' cannot be resolved"],
    ['select status as s, s + 1', "Column 's' cannot be resolved"],
    ['select a from (select status as s from log)', "Column 'a' cannot be resolved"],
    ['select "t:status" from log', "Column 't:status' cannot be resolved"],
    ['select method from other', 'LogStore (other) is not found'],
    ['select * from sls_log', 'LogStore (sls_log) is not found'],
    ['select * from information_schema.tables', 'does not exist'],
    ['select status, count(*)', "Column 'status' not in GROUP BY clause"],
    ['select frobnicate(1)', 'Function frobnicate not registered'],
    ["select starts_with(method, 'G')", 'Function starts_with not registered'],
    ['select any_value(status)', 'Function any_value not registered'],
    ['select count_star()', 'Function count_star not registered'],
    ["select date_part('hour', from_unixtime(0))", 'Function date_part not registered'],
    // Types: only numbers are converted, and only to numbers.
    ["select count(*) from log where status = '200'", "'=' cannot be applied to bigint, varchar"],
    ['select count(*) from log where method = 1', "'=' cannot be applied to varchar, bigint"],
    ["select count(*) from log where status in ('200')", "'IN' cannot be applied to bigint, varchar"],
    ["select count(*) from log where status between '1' and '2'", "'BETWEEN' cannot be applied"],
    ['select upstream_response_time * 2', "'*' cannot be applied to varchar, bigint"],
    ['select avg(upstream_response_time)', 'Unexpected parameters (varchar) for function avg'],
    ['select approx_percentile(method, 0.5)', 'Unexpected parameters'],
    ["select 'a' || 1", "'||' cannot be applied to varchar, bigint"],
    // Values.
    ['select cast(upstream_response_time as double)', "Can not cast '-' to DOUBLE"],
    ["select cast('1.5' as bigint)", "Can not cast '1.5' to BIGINT"],
    ['select 1 / 0', 'Division by zero'],
    ['select 5 % 0', 'Division by zero'],
    ['select mod(5, 0)', 'Division by zero'],
    // A condition must be boolean.
    ['select count(*) from log where status', 'WHERE clause must evaluate to a boolean (actual: bigint)'],
    ['select count(*) from log where method', 'WHERE clause must evaluate to a boolean (actual: varchar)'],
    ['select count(*) from log where method and status = 1', 'must evaluate to a boolean (actual: varchar)'],
    ['select count(*) from log where not status', 'must evaluate to a boolean (actual: bigint)'],
    ['select method from log group by method having count(*)', 'HAVING clause must evaluate to a boolean'],
    ['select l.status from log l join log r on l.status', 'JOIN ON clause must evaluate to a boolean'],
    ['select case when status then 1 else 2 end', 'must evaluate to a boolean (actual: bigint)'],
    ['select if(status, 1, 2)', 'must evaluate to a boolean (actual: bigint)'],
    ['select count_if(status)', 'Unexpected parameters (bigint) for function count_if'],
    ['select sum(status) filter (where status)', 'FILTER clause must evaluate to a boolean'],
    // Values of one place must be of one type.
    ["select case when true then 1 else 'a' end", 'All CASE results must be the same type: bigint, varchar'],
    ["select if(true, 'a', 1)", 'All CASE results must be the same type: varchar, bigint'],
    ['select coalesce(method, 1)', 'All COALESCE operands must be the same type: varchar, bigint'],
    ['select nullif(method, 1)', 'Unexpected parameters (varchar, bigint) for function nullif'],
    ["select greatest('a', 1)", 'Unexpected parameters'],
    ['select concat(method, 1)', 'Unexpected parameters (varchar, bigint) for function concat'],
    ["select round(2.5, '1')", 'Unexpected parameters (double, varchar) for function round'],
    ["select substr(method, '1')", 'Unexpected parameters'],
    ["select split_part(method, ',', '1')", 'Unexpected parameters'],
    ["select pow(2, '3')", 'Unexpected parameters'],
    ['select status from log union all select method from log', 'incompatible types: bigint, varchar'],
    ['select method[1]', 'cannot subscript varchar'],
    ['select 9223372036854775808', 'Invalid numeric literal'],
    // LIMIT and nested queries.
    ['select status from log limit 7 offset 3', "extraneous input 'offset 3'"],
    ['select status from log offset 3', "extraneous input 'offset 3'"],
    ['select status from log fetch first 1 rows only', 'extraneous input'],
    ['select status from log limit 10001, 10001', 'reading data with pagination'],
    ['select status from log limit 1000000, 1', 'reading data with pagination'],
    ['select status from (select status from log limit 1, 2)', ''],
    ['select a from (select status as a)', 'you are using nested sql, please specify FROM LOGSTORE'],
    ['with t as (select count(*) as n) select n from t', 'you are using nested sql'],
    ['select 1 where 1 = (select 1)', 'you are using nested sql'],
    ['select status / (status - 200)', 'Division by zero'],
    ['select status limit 1000001', 'limit'],
    [
      `select ${Array.from({ length: 11 }, () => 'count(distinct status)').join(', ')}`,
      'max distinct num is:10',
    ],
    // One SELECT, and in SLS's dialect.
    ['', 'sql statement is empty'],
    ['selec 1', 'only select statement is allowed'],
    ['select from where', 'syntax error'],
    ['select 1; select 2', "extraneous input ';'"],
    ['select 1;', "extraneous input ';'"],
    ['drop table log', 'only select statement is allowed'],
    ["copy (select 1) to '/tmp/x'", 'only select statement is allowed'],
    ["attach '/tmp/x'", 'only select statement is allowed'],
    ['pragma database_list', 'only select statement is allowed'],
    ['from log', 'only select statement is allowed'],
    ["select * from read_csv('/etc/passwd')", 'is not supported'],
    ["select * from '/etc/passwd'", 'is not found'],
    ['select * from duckdb_settings()', 'is not supported'],
    ["select getenv('HOME')", 'Function getenv not registered'],
    ['select error(1)', 'Function error not registered'],
    ['select sls_divide(1, 2)', 'Function sls_divide not registered'],
    ['select status::varchar', "extraneous input ':'"],
    ['select 7 // 2', "extraneous input '//'"],
    ['select status, from log', "extraneous input ', from'"],
    ['select "status", from log', "extraneous input ', from'"],
    ['select 1_000', 'extraneous input'],
    ['select 0x1F', 'extraneous input'],
    ['select status == 200', "extraneous input '=='"],
    ['select a: 1', "extraneous input ':'"],
    ["select method ilike 'get'", 'mismatched input'],
    ['select method from log tablesample 10%', 'is not supported'],
    ['select l.status from log l semi join log r on l.status = r.status', 'semi join is not supported'],
    ['select l.status from log l asof join log r on l.status >= r.status', 'is not supported'],
    ['select l.status from log l positional join log r', 'is not supported'],
    ['select status from log union by name select method from log', 'is not supported'],
    ['select method from log as l (a)', 'is not supported'],
    ['select $1', "extraneous input '$'"],
    ["select e'a'", 'extraneous input'],
    ['select * exclude (status) from log', "mismatched input after '*'"],
    ['select status from log qualify row_number() over () = 1', 'is not supported'],
    ['select method, count(*) from log group by all', 'is not supported'],
    ["select 'open", 'unclosed string quote'],
  ])('%s', async (sql, message) => {
    const reply = await getLogsV2(emulator, `* | ${sql}`);
    expect(reply.errorMessage).toContain(message);
    expect(reply).toMatchObject({ status: 400, errorCode: 'ParameterInvalid' });
  });

  it('refuses SQL without a search statement', async () => {
    for (const query of ['select count(*) from log', '| select 1']) {
      const reply = await getLogsV2(emulator, query);
      expect(reply.errorMessage).toContain('sql query must follow search query');
    }
  });

  it('shows neither the translated SQL nor DuckDB in an error message', async () => {
    const reply = await getLogsV2(emulator, '* | select method from log group by status');
    expect(reply.errorMessage).not.toMatch(/sls_log|LINE|Binder/);
  });
});
