import { lastMinute } from './assumption.ts';
import { docs, field, presto, query, result, rows, type Fact } from './entry.ts';
import { tables, type TableName } from './tables.ts';

const limit = docs('LIMIT clause');
const many = `(SELECT a.i AS i FROM ${tables['many rows']})`;
const oneRow = tables['one row'];
const groupsOf = (table: TableName) =>
  `* | SELECT k AS effective_route, count(*) AS requests FROM ${tables[table]} GROUP BY effective_route LIMIT 10`;
const groups = groupsOf('five rows');

/** What a result consists of, and what comes with it. */
export const resultAssumptions = [
  ask('limit-many', `* | SELECT a.i AS i FROM ${tables['many rows']} LIMIT 1000000`, rowCount(125), {
    statement: 'With `LIMIT 1000000`, a result has all its rows, also more than 100.',
    source: limit,
    consequence: 'In a logstore with more than 100 routes, the others would read 0.',
  }),
  query(
    'by test:sls',
    'limit-default',
    {
      query: () => ({ query: `* | SELECT a.i AS i FROM ${tables['many rows']}` }),
      ...rowCount(100),
    },
    {
      statement: 'Without LIMIT, a result has 100 rows.',
      source: limit,
      consequence: 'None: the adapter always sends a LIMIT.',
    },
  ),
  ask('limit-subquery', `* | SELECT count(*) AS counted FROM ${many} LIMIT 1`, rows({ counted: '125' }), {
    statement: 'A subquery without LIMIT gives all its rows.',
    source: limit,
    consequence: '`routes` would show too small peaks.',
  }),
  ask(
    'group-by-alias',
    groups,
    result('rows of a and b, 2 each', ({ rows: found }) =>
      ['a', 'b'].every((name) =>
        found.some((row) => row['effective_route'] === name && row['requests'] === '2'),
      ),
    ),
    {
      statement: 'GROUP BY takes an alias of the SELECT.',
      source: docs('GROUP BY clause'),
      consequence: 'Every reading of a route would be refused.',
    },
  ),
  ask(
    'group-of-null',
    groups,
    result('a row of null', ({ rows: found }) => found.some((row) => row['effective_route'] === 'null')),
    {
      statement: 'NULL makes a group of its own, which is printed as `null`.',
      source: presto,
      consequence: 'A group without a route could be taken for a route.',
    },
  ),
  ask('group-without-rows', groupsOf('no rows'), rowCount(0), {
    statement: 'GROUP BY gives no row for a group without rows.',
    source: presto,
    consequence: 'A route without requests would be an error instead of 0.',
  }),
  ask('quoted-name', `* | SELECT "order" AS c FROM (SELECT 7 AS "order" FROM ${oneRow})`, rows({ c: '7' }), {
    statement: 'Double quotes in SQL enclose the name of a column, which may be a keyword.',
    source: presto,
    consequence: 'Own metrics would compare a text instead of a column: a silent 0.',
  }),
  ask(
    'no-lines',
    '* | SELECT count(*) AS counted FROM log WHERE __time__ < 0 LIMIT 1',
    rows({ counted: '0' }),
    {
      statement: 'A whole logstore without a line gives one row with the count 0.',
      source: presto,
      consequence: 'It would be an error instead of 0.',
    },
  ),
  meta(
    'time-type',
    '__time__ is a bigint of 10 digits; or no line',
    ({ columnTypes, rows: [row] }) =>
      columnTypes.get('newest') === 'bigint' && /^(null|\d{10})$/.test(row?.['newest'] ?? ''),
    {
      statement: '`__time__` is a whole number of Unix seconds.',
      source: docs('Reserved fields'),
      consequence: 'Windows would be cut wrongly.',
    },
  ),
  query(
    'by test:sls',
    'order-by',
    {
      query: () => ({
        query: `* | SELECT k, count(*) AS requests FROM ${tables['five rows']} GROUP BY k ORDER BY requests DESC, k LIMIT 2`,
      }),
      ...result(
        'the rows of a and b, in this order',
        ({ rows: [first, second] }) => first?.['k'] === 'a' && second?.['k'] === 'b',
      ),
    },
    {
      statement: 'ORDER BY takes an alias and DESC, and comes before LIMIT.',
      source: docs('ORDER BY clause'),
      consequence: '`routes` would leave out busy routes of a logstore with very many.',
    },
  ),
  query(
    'by doctor',
    'range-of-time',
    {
      query: () => ({
        query: '* | SELECT min(__time__) AS oldest, max(__time__) AS newest FROM log LIMIT 1',
      }),
      expected: 'from is included, to is not; or no line',
      expects: ({ result: found }, { nowSeconds }) => {
        const [row] = found?.rows ?? [];
        if (row?.['oldest'] === 'null') return true;
        const { startSeconds, endSeconds } = lastMinute(nowSeconds);
        return Number(row?.['oldest']) >= startSeconds && Number(row?.['newest']) < endSeconds;
      },
    },
    {
      statement: 'A query reads the lines of `[from, to)` and no others.',
      source: docs('GetLogsV2'),
      consequence: 'Lines of other seconds would be counted.',
    },
  ),
  meta('reply-complete', 'a complete result', () => true, {
    statement: '`meta.progress` of a result says `Complete`, and `meta.count` is the number of rows.',
    source: docs('GetLogsV2'),
    consequence: 'Every reading would be refused.',
  }),
  meta('reply-date', 'a Date', ({ serverTimeMs }) => serverTimeMs !== undefined, {
    statement: 'A reply has a `Date` header.',
    source: field,
    consequence:
      'A wrong clock of the adapter would not be noticed: it could read a window in the future, which is 0.',
  }),
  meta('reply-id', 'a request ID', ({ requestId }) => /^\w+$/.test(requestId ?? ''), {
    statement: 'A reply has an `x-log-requestid` header.',
    source: docs('Common response headers'),
    consequence: 'Messages could not name the request. Readings would not change.',
  }),
  meta('reply-lines-read', 'a number of lines', ({ processedRows }) => processedRows !== undefined, {
    statement: '`meta.processedRows` is the number of lines that the query read.',
    source: docs('GetLogsV2'),
    consequence: 'The metric of lines read would be missing. Readings would not change.',
  }),
];

type Expectation = ReturnType<typeof result>;

function rowCount(count: number): Expectation {
  return result(`${count} rows`, ({ rows: found }) => found.length === count);
}

function ask(id: string, text: string, expectation: Expectation, fact: Fact) {
  return query('by doctor', id, { query: () => ({ query: text }), ...expectation }, fact);
}

/** They share one query. */
function meta(id: string, expected: string, holds: Parameters<typeof result>[1], fact: Fact) {
  return ask(id, '* | SELECT max(__time__) AS newest FROM log LIMIT 1', result(expected, holds), fact);
}
