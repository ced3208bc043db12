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
    ['select cast(upstream_response_time as double)', "Cannot cast '-' to DOUBLE"],
    ["select cast('1.5' as bigint)", "Cannot cast '1.5' to BIGINT"],
    ['select 1 / 0', 'Division by zero'],
    ['select status / (status - 200)', 'Division by zero'],
    ['select status limit 1000001', 'limit'],
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
    ['select * from (values (1))', 'is not supported'],
    ["select getenv('HOME')", 'Function getenv not registered'],
    ['select error(1)', 'Function error not registered'],
    ['select sls_divide(1, 2)', 'Function sls_divide not registered'],
    ['select status::varchar', "extraneous input '::'"],
    ['select 7 // 2', "extraneous input '//'"],
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
