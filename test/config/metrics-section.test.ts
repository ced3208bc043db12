import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { pathText } from '../../src/config/setting-path.ts';

const good = { name: 'my_latency', description: 'Latency of my own', unit: 'ms', aggregate: 'avg(latency)' };

/** One line a fault: `path message`. */
function faultsOf(...metrics: readonly unknown[]): string[] {
  const { error } = configSchema.safeParse({ sls: { region: 'cn-beijing' }, metrics });
  return (error?.issues ?? []).map(({ path, message }) => `${pathText(path)} ${message}`);
}

const faultsWith = (changes: object) => faultsOf({ ...good, ...changes });
/** With one label, which has a use. */
const withLabel = (changes: object, metric: object = {}) =>
  faultsWith({ labels: [{ name: 'model', description: 'A model', column: 'model', ...changes }], ...metric });

it('is empty unless a metric is in it, and needs no more than a name, what it says, its unit and its SQL', () => {
  const parse = (metrics?: unknown) => configSchema.parse({ sls: { region: 'r1' }, metrics }).metrics;
  expect(parse()).toEqual([]);
  expect(parse([good])).toEqual([{ ...good, search: '*', emptyWindow: 'error', labels: [] }]);
});

const inWindow = 'FROM log WHERE __time__ >= {from} AND __time__ < {to}';
const query = `SELECT sum(a) AS value, count(*) AS lines ${inWindow}`;

describe('an aggregate', () => {
  it.each([
    'sum(request_time)/{window}',
    'count(*)',
    'count_if(status >= 500) * 1.0 / count(*)',
    '1 - count_if(ok) / cast(count(*) AS double)',
    'approx_percentile(try_cast(latency AS double), 0.95)',
    "avg(cast(regexp_extract(content, 'took (\\d{1,3}) ms', 1) AS double))",
    "max(try_cast(json_extract_scalar(content, '$.queue.len') AS bigint))",
    'sum(CASE WHEN "status" BETWEEN 500 AND 599 THEN 1 ELSE 0 END)',
    "sum(x) FILTER (WHERE y LIKE '%a%' ESCAPE '\\')",
    "count_if(NOT a IN ('x', 'it''s') AND b NOT LIKE 'c%' AND d IS NOT DISTINCT FROM e)",
    'reduce(array_agg(x), 0, (s, v) -> s + v, s -> s)',
    "histogram(x)['a'] + cardinality(array_agg(DISTINCT user ORDER BY user DESC))",
    'sum("__tag__:_bytes_") / nullif(sum(b), 0)',
    "extract(hour FROM max(timestamp '2026-01-01 00:00:00')) + sum(cast(a AS decimal(10, 2)))",
    "count_if(a = '\\' OR b = ' -- ; {3} ')",
    "replace(max(a), 'x')",
    "max(cast(a AS timestamp with time zone) AT TIME ZONE 'UTC')",
    'count_if(route = {route} AND __time__ < {to})',
  ])('is taken: %s', (aggregate) => {
    expect(faultsWith({ aggregate })).toEqual([]);
  });

  it.each([
    ['sum(a', 'must have ) before its end'],
    ['sum(a))', 'must be one expression, which ends before ) at character 7'],
    ["sum('a)", "must close the quote ' at character 5"],
    ['sum("a)', 'must close the quote " at character 5'],
    ['sum(a);', 'must not have a ; outside quotes: one statement is sent, no more'],
    ['sum(a); DROP TABLE log', 'must not have a ; outside quotes: one statement is sent, no more'],
    ['sum(a) -- all', 'must not have a comment, --'],
    ['sum(/* all */ a)', 'must not have a comment, /*'],
    ['sum(a), sum(b)', 'must be one expression: a second begins after character 7'],
    ['sum(a) AS b', 'must be one expression, which ends before AS at character 8'],
    ['sum(a) FROM log', 'must be one expression, which ends before FROM at character 8'],
    ['sum(a) LIMIT 5', 'must be one expression, which ends before LIMIT at character 8'],
    ['sum(a) UNION SELECT 1', 'must be one expression, which ends before UNION at character 8'],
    ['INSERT INTO log VALUES (1)', 'must only read: INSERT is refused'],
    ['UPDATE log SET a = 1', 'must only read: UPDATE is refused'],
    ['DELETE FROM log', 'must only read: DELETE is refused'],
    ['CREATE TABLE x AS SELECT 1', 'must only read: CREATE is refused'],
    ['drop table log', 'must only read: drop is refused'],
    ['SELECT sum(a) FROM log', 'must be an expression alone: a whole SELECT stands in sql'],
    ['sum((SELECT 1))', 'must not have a query in it: a whole SELECT stands in sql'],
    ['count_if(EXISTS (SELECT 1))', 'must not have a query in it: a whole SELECT stands in sql'],
    ['sum(a b)', 'must have ) in place of b at character 7'],
    ['sum(a +)', 'must have a value in place of ) at character 8'],
    ['sum(CASE WHEN a THEN b)', 'must have END in place of ) at character 23'],
    ['a', 'must call an aggregate function, such as sum or count_if'],
    ['{window}', 'must call an aggregate function, such as sum or count_if'],
    ['sum({nope})', 'must not have {nope}: it takes {window}, {from}, {to}, {route}'],
    ["count_if(a = '{route}')", 'must not have {route} in quotes: a placeholder gets its own'],
    ['count_if("{route}" = 1)', 'must not have {route} in quotes: a placeholder gets its own'],
    ["count_if('x' {route})", 'must have ) in place of {route} at character 14'],
    ['count_if(a = {route}{window})', 'must have ) in place of {window} at character 21'],
    ['sum(a) {route}', 'must be one expression, which ends before {route} at character 8'],
    ['{route}(a)', 'must be one expression, which ends before ( at character 8'],
    ['sum({)', 'must not have { at character 5'],
    ['sum(a # b)', 'must not have # at character 7'],
    ['sum(`a`)', 'must not have ` at character 5'],
    ["count_if(a = U&'b')", 'must not have & at character 15'],
    [`${'('.repeat(60)}sum(a)${')'.repeat(60)}`, 'must not have more than 50 parentheses in one another'],
    [`sum(${'a'.repeat(4000)})`, 'must have at most 4000 characters'],
    ['', 'must not be empty'],
    ['sum(a)\u00a0/ 2', 'must not have U+00A0 at character 7'],
    ['sum(a\u200b)', 'must not have U+200B at character 6'],
    ['sum(ａ)', 'must not have ａ at character 5'],
  ])('is refused: %s', (aggregate, why) => {
    expect(faultsWith({ aggregate })).toEqual([`metrics[0].aggregate ${why}`]);
  });
});

describe('a whole SELECT', () => {
  const faults = (sql: string) => faultsWith({ aggregate: undefined, sql });

  it.each([
    query,
    `WITH x AS (SELECT a ${inWindow} LIMIT 5) SELECT sum(a) AS value, count(*) AS lines FROM x`,
    `select max(n) as value, sum(n) as lines from (select model, count(*) as n ${inWindow} group by model) t`,
    `SELECT sum(a.n) AS value, count(*) AS lines FROM log a JOIN (SELECT 1 AS x) b ON a.x = b.x LEFT JOIN c USING (z)
     CROSS JOIN unnest(array[1, 2]) AS t (y) WHERE __time__ >= {from} AND __time__ < {to} AND EXISTS (SELECT 1)
     GROUP BY a.x HAVING count(*) > 1 ORDER BY 1 DESC NULLS LAST`,
    `${query} UNION ALL SELECT 0, 0`,
  ])('is taken: %s', (sql) => {
    expect(faults(sql)).toEqual([]);
  });

  const columns =
    'must select two columns, … AS value and count(*) AS lines: the number, and from how many lines';
  it.each([
    [`SELECT sum(a) ${inWindow}`, columns],
    [`SELECT sum(a) AS value ${inWindow}`, columns],
    [`SELECT sum(a) AS value, count(*) AS lines, avg(b) AS other ${inWindow}`, columns],
    [`SELECT * ${inWindow}`, columns],
    [
      'SELECT sum(a) AS value, count(*) AS lines FROM log',
      'must hold to the window: WHERE __time__ >= {from} AND __time__ < {to}',
    ],
    [`${query} LIMIT 1`, 'must not have LIMIT at its end: one row is read'],
    [`${query} OFFSET 1`, 'must not have OFFSET at its end: one row is read'],
    [`${query}; ${query}`, 'must not have a ; outside quotes: one statement is sent, no more'],
    [`${query} ${query}`, 'must be one statement, which ends before SELECT at character 97'],
    [`${query} -- all`, 'must not have a comment, --'],
    ['INSERT INTO log SELECT 1', 'must only read: INSERT is refused'],
    ['WITH x AS (DELETE FROM log) SELECT 1', 'must have SELECT in place of DELETE at character 12'],
    [
      'SELECT sum(a) AS value, count(*) AS lines INTO x FROM log',
      'must be one statement, which ends before INTO at character 43',
    ],
    ['SHOW TABLES', 'must be a SELECT: it begins with SHOW'],
    ['sum(a)', 'must be a SELECT: it begins with sum'],
    [`* | ${query}`, 'must not have | at character 3'],
    [
      `SELECT sum(a) AS value, count(*) AS lines FROM {route} WHERE __time__ < {to}`,
      'must have a name in place of {route} at character 48',
    ],
    ['SELECT sum(a) AS value, count(*) AS lines FROM log WHERE', 'must have a value before its end'],
    [
      `SELECT count(*)/60 AS value, count(*) AS lines ${inWindow}`,
      'must not divide one whole number by another, which drops the fraction: write 1e0 * before them',
    ],
  ])('is refused: %s', (sql, why) => {
    expect(faults(sql)).toEqual([`metrics[0].sql ${why}`]);
  });
});

describe('a search', () => {
  it.each([
    '*',
    'model: {route} and not (a: "x y" or b > 5)',
    '"a \\" b" and __topic__: x',
    'a in [1 5] or latency>{route}',
    'content: "{\\"a\\": 1}"',
    '日志: 中文 or "a\u00a0b"',
  ])('is taken: %s', (search) => {
    expect(faultsWith({ search })).toEqual([]);
  });

  it.each([
    ['a: "b', 'must close the quote " at character 4'],
    ['(a', 'must close each ( that it opens'],
    ['a)', 'must open the ) at character 2'],
    ['* | SELECT 1', 'must not have |: SQL stands in aggregate or sql'],
    ['a; b', 'must not have a ; outside quotes'],
    ["a: 'b'", 'must not have \' at character 4: a phrase is quoted by "'],
    ['a: "{route}"', 'must not have {route} in quotes: a placeholder gets its own'],
    ['x-{route}', 'must have spaces around {route}: it becomes a phrase of its own'],
    ['{route}*', 'must have spaces around {route}: it becomes a phrase of its own'],
    ['a: {window}', 'must not have {window}: it takes {route}'],
    ['a: {nope}', 'must not have {nope}: it takes {route}'],
    ['a{b', 'must not have { at character 2'],
    ['a\\" | b"', 'must not have \\ at character 2 outside quotes'],
    ['a:\u00a0b', 'must not have U+00A0 at character 3 outside quotes'],
    ['a\u200b', 'must not have U+200B at character 2 outside quotes'],
    ['a: “b c”', 'must not have “ at character 4 outside quotes'],
  ])('is refused: %s', (search, why) => {
    expect(faultsWith({ search })).toEqual([`metrics[0].search ${why}`]);
  });
});

describe('a label', () => {
  it('is text or a number, must be given, has a default, or tells series apart', () => {
    for (const label of [{}, { type: 'number' }, { default: 'a' }, { pattern: '[a-z]+', default: 'a' }])
      expect(withLabel(label)).toEqual([]);
    expect(withLabel({ required: false }, { groupBy: 'model' })).toEqual([]);
    expect(withLabel({ column: undefined }, { search: 'a: {model}' })).toEqual([]);
  });

  const name = 'must be a name such as model or app.model: letters, digits, hyphens, underscores and dots';
  it.each<[label: object, metric: object, fault: string]>([
    [{ column: undefined }, {}, 'name must have a use: its column, or {model} in a template'],
    [{ name: 'sls.model' }, {}, 'name must not begin with sls. or be one of route, window, from, to'],
    [{ name: 'window' }, {}, 'name must not begin with sls. or be one of route, window, from, to'],
    [{ name: '1x' }, {}, `name ${name}`],
    [{ name: 'a/b' }, {}, `name ${name}`],
    [{ description: undefined }, {}, 'description must be text'],
    [{ type: 'date' }, {}, 'type must be one of text, number'],
    [{ column: 'a"b' }, {}, 'column must be the name of a column, such as model or __tag__:_container_name_'],
    [{ pattern: '(' }, {}, 'pattern must be a regular expression'],
    [{ pattern: '[a-z]+', default: 'B1' }, {}, 'default must be text that matches [a-z]+, as any value'],
    [{ type: 'number', default: 'B1' }, {}, 'default must be a number without a sign, as any value'],
    [{ required: true, default: 'a' }, {}, 'default must not be given where required is true'],
    [{ required: false }, {}, 'default must be given where required is false'],
    [
      {},
      { aggregate: undefined, sql: query },
      'column must not be given with sql: write the condition there, with {model}',
    ],
  ])('is refused: %j, %j', (label, metric, fault) => {
    expect(withLabel(label, metric)).toEqual([`metrics[0].labels[0].${fault}`]);
  });

  it('is text where it is grouped by, since numbers are written in several ways', () => {
    expect(withLabel({ type: 'number' }, { groupBy: 'model' })).toEqual([
      'metrics[0].labels[0].type must be text where groupBy is its column: 5 and 5.0 are two groups',
    ]);
  });

  it('has a column of its own, so that none is left out', () => {
    const labels = ['a', 'b'].map((one) => ({ name: one, description: 'x', column: 'model' }));
    for (const more of [{}, { groupBy: 'model' }])
      expect(faultsWith({ labels, ...more })).toEqual([
        'metrics[0].labels[1].column must be another than that of labels[0]',
      ]);
  });

  it('is no other than those before it', () => {
    const labels = [1, 2].map(() => ({ name: 'a', description: 'x', column: 'a' }));
    expect(faultsWith({ labels })).toEqual([
      'metrics[0].labels[1].name must be another than that of labels[0]',
    ]);
  });
});

describe('a metric', () => {
  const name =
    'must be a name such as my_app_latency: up to 63 lower-case letters, digits, and single _, - or . between them';
  it.each<[changes: object, fault: string]>([
    [{ name: 'sls_ingress_qps' }, 'name must be another than that of a metric that comes with the adapter'],
    [{ name: 'My' }, `name ${name}`],
    [{ name: 'a__b' }, `name ${name}`],
    [{ name: '..' }, `name ${name}`],
    [{ name: 'a'.repeat(64) }, `name ${name}`],
    [{ name: undefined }, `name ${name}`],
    [{ description: undefined }, 'description must be text'],
    [{ unit: undefined }, 'unit must be text'],
    [{ aggregate: undefined }, 'aggregate must be given, or sql in its place'],
    [{ sql: query }, 'aggregate must not be given with sql: one of the two makes the value'],
    [
      { aggregate: undefined, sql: query, groupBy: 'a' },
      'groupBy must not be given with sql, which has one row',
    ],
    [
      { groupBy: 'route', aggregate: 'count_if(a = {route})' },
      'aggregate must not have {route}: by groupBy, one query is for many of its values',
    ],
    [{ groupBy: 'a b' }, 'groupBy must be the name of a column, such as model or __tag__:_container_name_'],
    [{ emptyWindow: 'null' }, 'emptyWindow must be one of zero, error'],
    [{ labels: 5 }, 'labels must be a list of labels'],
  ])('is refused: %j', (changes, fault) => {
    expect(faultsWith(changes)).toEqual([`metrics[0].${fault}`]);
  });

  it('has a name that no other has', () => {
    expect(faultsOf(good, { ...good, name: 'b' }, good)).toEqual([
      'metrics[2].name must be another than that of metrics[0]',
    ]);
  });
});
