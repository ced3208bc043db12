import { describe, expect, it } from 'vitest';
import { checkAggregate, checkQuery } from '../../../src/config/own-metrics/sql-template.ts';

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
    'CASE WHEN max(a) IS DISTINCT FROM 5 THEN sum(b) END',
    'sum(a b)',
  ])('is one expression: %s', (aggregate) => {
    expect(() => checkAggregate(aggregate)).not.toThrow();
  });

  it.each([
    ['sum(a', 'must have ) for the ( at character 4'],
    ['sum(a))', 'must not have ) at character 7: nothing opens it'],
    ['sum(a]', 'must have ) for the ( at character 4'],
    ['sum(a)) FROM log WHERE (1 = 1', 'must not have ) at character 7: nothing opens it'],
    ["sum('a)", "must close the quote ' at character 5"],
    ['sum("a)', 'must close the quote " at character 5'],
    ['sum(a);', 'must not have a ; outside quotes: only one statement is sent'],
    ['sum(a); DROP TABLE log', 'must not have a ; outside quotes: only one statement is sent'],
    ['sum(a) -- all', 'must not have a comment, --'],
    ['sum(/* all */ a)', 'must not have a comment, /*'],
    ['sum(a), sum(b)', 'must be one expression, which ends before , at character 7'],
    ['sum(a) AS b', 'must be one expression, which ends before AS at character 8'],
    ['sum(a) FROM log', 'must be one expression, which ends before FROM at character 8'],
    ['sum(a) LIMIT 5', 'must be one expression, which ends before LIMIT at character 8'],
    ['sum(a) UNION SELECT 1', 'must not have a query in it: a whole SELECT belongs in sql'],
    ['INSERT INTO log VALUES (1)', 'must only read: INSERT is refused'],
    ['UPDATE log SET a = 1', 'must only read: UPDATE is refused'],
    ['DELETE FROM log', 'must only read: DELETE is refused'],
    ['CREATE TABLE x AS SELECT 1', 'must only read: CREATE is refused'],
    ['drop table log', 'must only read: drop is refused'],
    ['sum((DROP TABLE log))', 'must only read: DROP is refused'],
    ['SELECT sum(a) FROM log', 'must not have a query in it: a whole SELECT belongs in sql'],
    ['sum((SELECT 1))', 'must not have a query in it: a whole SELECT belongs in sql'],
    ['count_if(EXISTS (SELECT 1))', 'must not have a query in it: a whole SELECT belongs in sql'],
    ['sum(CASE WHEN a THEN b)', 'must have END for the CASE at character 5'],
    ['sum(a) + CASE WHEN b THEN c', 'must have END for the CASE at character 10'],
    ["count_if(a = '{route}')", 'must not have {route} in quotes: a placeholder gets its own'],
    ['count_if("{route}" = 1)', 'must not have {route} in quotes: a placeholder gets its own'],
    ["count_if(a = 'x'{route})", 'must have spaces around {route}: it becomes a value of its own'],
    ["count_if(a = {route}'x')", 'must have spaces around {route}: it becomes a value of its own'],
    ['count_if(a = {route}{window})', 'must have spaces around {route}: it becomes a value of its own'],
    ['sum(1{route})', 'must have spaces around {route}: it becomes a value of its own'],
    ['sum({route}e5)', 'must have spaces around {route}: it becomes a value of its own'],
    ['sum(a.{route})', 'must have spaces around {route}: it becomes a value of its own'],
    ['sum({)', 'must not have { at character 5'],
    ['sum(a # b)', 'must not have # at character 7'],
    ['sum(`a`)', 'must not have ` at character 5'],
    ["count_if(a = U&'b')", 'must not have & at character 15'],
    [`${'('.repeat(60)}sum(a)${')'.repeat(60)}`, 'must not nest brackets more than 50 deep'],
    ['('.repeat(3999), 'must not nest brackets more than 50 deep'],
    ['sum(a)\u00a0/ 2', 'must not have U+00A0 at character 7'],
    ['sum(a\u200b)', 'must not have U+200B at character 6'],
    ['sum(ａ)', 'must not have U+FF41 at character 5'],
  ])('is refused: %s', (aggregate, why) => {
    expect(() => checkAggregate(aggregate)).toThrow(new SyntaxError(why));
  });
});

describe('a whole SELECT', () => {
  const inWindow = 'FROM log WHERE __time__ >= {from} AND __time__ < {to}';
  const query = `SELECT sum(a) AS value, count(*) AS lines ${inWindow}`;

  it.each([
    query,
    `WITH x AS (SELECT a ${inWindow} LIMIT 5) SELECT sum(a) AS value, count(*) AS lines FROM x`,
    `SELECT sum(a) AS value, count(*) lines ${inWindow}`,
    `SELECT sum(a) value, count(*) "lines" ${inWindow}`,
    `SELECT t.value, t.lines FROM (SELECT sum(a) value, count(*) lines ${inWindow}) t`,
    `SELECT a IS DISTINCT FROM b value, 5 lines ${inWindow}`,
    `SELECT CASE WHEN a THEN 1 END value, count(*) lines ${inWindow}`,
    `SELECT sum(w) value, count(*) lines FROM (VALUES 1, 2) AS t(w) JOIN (SELECT 1 ${inWindow}) x ON true`,
    `WITH w(k, n) AS (VALUES ('a', 5)) SELECT sum(n) value, count(*) lines FROM w JOIN (SELECT k ${inWindow}) USING (k)`,
    `select max(n) as value, sum(n) as lines from (select model, count(*) as n ${inWindow} group by model) t`,
    `SELECT sum(a.n) AS value, count(*) AS lines FROM log a JOIN (VALUES 1) b (x) ON a.x = b.x LEFT JOIN c USING (z)
     CROSS JOIN unnest(array[1, 2]) AS t (y) WHERE a.__time__ >= {from} AND {to} > a.__time__ AND EXISTS (VALUES 1)
     GROUP BY a.x HAVING count(*) > 1 ORDER BY 1 DESC NULLS LAST`,
    `${query} UNION ALL VALUES (0, 0)`,
    `SELECT (SELECT sum(a) WHERE __time__ >= {from} AND __time__ < {to}) AS value, count(*) AS lines ${inWindow}`,
    'SELECT sum(a) AS value, count(*) AS lines FROM LOG WHERE (({from} <= __time__) AND "__time__" < {to}) AND (b = 1 OR c = 2)',
    `SELECT (SELECT sum(a) ${inWindow}) AS value, count(*) AS lines ${inWindow}`,
    `SELECT count(a) AS value, count(*) AS lines FROM (log) WHERE __time__ >= {from} AND __time__ < {to}`,
    `${query} GROUP BY GROUPING SETS ((a), ())`,
  ])('is taken: %s', (sql) => {
    expect(() => checkQuery(sql)).not.toThrow();
  });

  const dropsFraction =
    'must not divide one whole number by another, which drops the fraction: write 1e0 * before them';
  const outside =
    'must keep to the window in each SELECT that reads log: FROM log WHERE __time__ >= {from} AND __time__ < {to}';
  const columns =
    'must select two columns, … AS value and count(*) AS lines: the number, and how many lines it is from';
  it.each([
    [`SELECT sum(a) ${inWindow}`, columns],
    [`SELECT sum(a) AS value ${inWindow}`, columns],
    [`SELECT sum(a) AS value, 5 + lines ${inWindow}`, columns],
    [`SELECT NOT value, count(*) lines ${inWindow}`, columns],
    [`SELECT a AND value, count(*) lines ${inWindow}`, columns],
    [`SELECT sum(a) VALUE, count(*) lines ${inWindow}`, columns],
    [`SELECT count(*)/60 value, count(*) lines ${inWindow}`, dropsFraction],
    ['VALUES ({from}, {to})', 'must begin with SELECT or WITH'],
    [`SELECT sum(a) AS value, count(*) AS lines, avg(b) AS other ${inWindow}`, columns],
    [`SELECT * ${inWindow}`, columns],
    ['SELECT sum(a) AS value, count(*) AS lines FROM log', outside],
    ['SELECT sum(a) AS value, count(*) AS lines', outside],
    ['SELECT {from} + {to} AS value, count(*) AS lines FROM log', outside],
    ['SELECT sum(a) AS value, count(*) AS lines FROM log WHERE __time__ >= {from}', outside],
    [
      'SELECT sum(a) AS value, count(*) AS lines FROM log WHERE __time__ > {from} AND __time__ < {to}',
      outside,
    ],
    [
      'SELECT sum(a) AS value, count(*) AS lines FROM log WHERE __time__ >= {from} AND __time__ <= {to}',
      outside,
    ],
    [
      'SELECT sum(a) AS value, count(*) AS lines FROM log WHERE __time__ >= {from} OR __time__ < {to}',
      outside,
    ],
    [`SELECT sum(a) AS value, count(*) AS lines ${inWindow} OR b = 1`, outside],
    [`SELECT sum(a) AS value, count(*) AS lines ${inWindow} AND limit > 5 OR b = 1`, outside],
    [`SELECT sum(a) AS value, count(*) AS lines ${inWindow} AND offset > 5 OR b = 1 LIMIT 10`, outside],
    [
      'SELECT sum(a) AS value, count(*) AS lines FROM log WHERE NOT (__time__ >= {from} AND __time__ < {to})',
      outside,
    ],
    [`SELECT sum(n) AS value, count(*) AS lines FROM (SELECT 1 AS n FROM log) x`, outside],
    [`SELECT sum(n) AS value, count(*) AS lines FROM (SELECT 1 AS n) x`, outside],
    [`SELECT (SELECT count(*) FROM "log") AS value, count(*) AS lines ${inWindow}`, outside],
    [`${query} UNION ALL SELECT sum(a), count(*) FROM log`, outside],
    [`WITH x AS (SELECT a FROM log) SELECT sum(a) AS value, count(*) AS lines FROM x`, outside],
    [
      `SELECT sum(l.a) AS value, count(*) AS lines FROM log l JOIN (SELECT b, __time__ ${inWindow}) s ON l.b = s.b ` +
        'WHERE s.__time__ >= {from} AND s.__time__ < {to}',
      outside,
    ],
    [
      `SELECT sum(l.a) AS value, count(*) AS lines FROM log l, log m WHERE l.__time__ >= {from} AND l.__time__ < {to}`,
      'must read log once in a FROM: join SELECTs, each FROM log WHERE __time__ >= {from} AND __time__ < {to}',
    ],
    [`${query}; ${query}`, 'must not have a ; outside quotes: only one statement is sent'],
    [`${query} -- all`, 'must not have a comment, --'],
    ['INSERT INTO log SELECT 1', 'must only read: INSERT is refused'],
    ['WITH x AS (DELETE FROM log) SELECT 1', 'must only read: DELETE is refused'],
    ['SELECT sum(a) AS value, count(*) AS lines INTO x FROM log', 'must only read: INTO is refused'],
    ['SHOW TABLES', 'must begin with SELECT or WITH'],
    ['sum(a)', 'must begin with SELECT or WITH'],
    [`* | ${query}`, 'must not have | at character 3'],
    [`SELECT count(*)/60 AS value, count(*) AS lines ${inWindow}`, dropsFraction],
  ])('is refused: %s', (sql, why) => {
    expect(() => checkQuery(sql)).toThrow(new SyntaxError(why));
  });
});
