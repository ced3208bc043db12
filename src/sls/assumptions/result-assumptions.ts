import { lastMinute, type Expectation } from './assumption.ts';
import { docs, field, one, presto, queryOf, result, rowCount, type Row } from './entry.ts';
import { tables, type TableName } from './tables.ts';

const limit = docs('LIMIT clause');
const getLogs = docs('GetLogsV2');
const many = `SELECT a.i AS i FROM ${tables['many rows']}`;
const groupsOf = (table: TableName) =>
  `* | SELECT k AS effective_route, count(*) AS requests FROM ${tables[table]} GROUP BY effective_route LIMIT 10`;
const groups = groupsOf('five rows');
const orderedGroups = `* | SELECT k, count(*) AS requests FROM ${tables['five rows']} GROUP BY k ORDER BY requests DESC, k LIMIT 2`;
const keyword = `* | SELECT "order" AS c FROM (SELECT 7 AS "order" FROM ${tables['one row']})`;
const oldest = '* | SELECT min(__time__) AS oldest, max(__time__) AS newest FROM log LIMIT 1';
const newest = '* | SELECT max(__time__) AS newest FROM log LIMIT 1';

const hasGroup = (rows: readonly Row[], route: string) =>
  rows.some((row) => row['effective_route'] === route && row['requests'] === (route === 'null' ? '1' : '2'));

const byDoctor = queryOf('by doctor');
const byTest = queryOf('by test:sls');

const bothGroups = result(
  'rows of a and b, 2 each',
  ({ rows }) => hasGroup(rows, 'a') && hasGroup(rows, 'b'),
);
const nullGroup = result('a row of null', ({ rows }) => hasGroup(rows, 'null'));
const inOrder = result(
  'the rows of a and b, in this order',
  ({ rows: [first, second] }) => first?.['k'] === 'a' && second?.['k'] === 'b',
);
const secondsOfTime = result(
  '__time__ is a bigint of 10 digits; or no line',
  ({ columnTypes, rows: [row] }) =>
    columnTypes.get('newest') === 'bigint' && /^(null|\d{10})$/.test(row?.['newest'] ?? ''),
);
const ofLastMinute: Expectation = {
  expected: 'from is included, to is not; or no line',
  holds: ({ result: found }, { nowSeconds }) => {
    const [row] = found?.rows ?? [];
    if (row?.['oldest'] === 'null') return true;
    const { startSeconds, endSeconds } = lastMinute(nowSeconds);
    return Number(row?.['oldest']) >= startSeconds && Number(row?.['newest']) < endSeconds;
  },
};
const complete = result('a complete result', () => true);
const dated = result('a Date', ({ serverTimeMs }) => serverTimeMs !== undefined);
const named = result('a request ID', ({ requestId }) => /^\w+$/.test(requestId ?? ''));
const counted = result('a number of lines', ({ processedRows }) => processedRows !== undefined);

/** What a result consists of, and what comes with it. */
export const resultAssumptions = [
  byDoctor('limit-many', `* | ${many} LIMIT 1000000`, rowCount(125), limit, {
    statement: 'With `LIMIT 1000000`, a result has all its rows, also more than 100.',
    consequence: 'In a logstore with more than 100 routes, the others would read 0.',
  }),
  byTest('limit-default', `* | ${many}`, rowCount(100), limit, {
    statement: 'Without LIMIT, a result has 100 rows.',
    consequence: 'None: the adapter always sends a LIMIT.',
  }),
  byDoctor('limit-subquery', `* | SELECT count(*) AS c FROM (${many}) LIMIT 1`, one(125), limit, {
    statement: 'A subquery without LIMIT gives all its rows.',
    consequence: '`routes` would show too small peaks.',
  }),
  byDoctor('group-by-alias', groups, bothGroups, docs('GROUP BY clause'), {
    statement: 'GROUP BY takes an alias of the SELECT.',
    consequence: 'Every reading of a route would be refused.',
  }),
  byDoctor('group-of-null', groups, nullGroup, presto, {
    statement: 'NULL makes a group of its own, which is printed as `null`.',
    consequence: 'A group without a route could be taken for a route.',
  }),
  byDoctor('group-without-rows', groupsOf('no rows'), rowCount(0), presto, {
    statement: 'GROUP BY gives no row for a group without rows.',
    consequence: 'A route without requests would be an error instead of 0.',
  }),
  byDoctor('quoted-name', keyword, one(7), presto, {
    statement: 'Double quotes in SQL enclose the name of a column, which may be a keyword.',
    consequence: 'Own metrics would compare a text instead of a column: a silent 0.',
  }),
  byDoctor('no-lines', '* | SELECT count(*) AS c FROM log WHERE __time__ < 0 LIMIT 1', one(0), presto, {
    statement: 'A whole logstore without a line gives one row with the count 0.',
    consequence: 'It would be an error instead of 0.',
  }),
  byDoctor('time-type', newest, secondsOfTime, docs('Reserved fields'), {
    statement: '`__time__` is a whole number of Unix seconds.',
    consequence: 'Windows would be cut wrongly.',
  }),
  byTest('order-by', orderedGroups, inOrder, docs('ORDER BY clause'), {
    statement: 'ORDER BY takes an alias and DESC, and comes before LIMIT.',
    consequence: '`routes` would leave out busy routes of a logstore with very many.',
  }),
  byDoctor('range-of-time', oldest, ofLastMinute, getLogs, {
    statement: 'A query reads the lines of `[from, to)` and no others.',
    consequence: 'Lines of other seconds would be counted.',
  }),
  byDoctor('reply-complete', newest, complete, getLogs, {
    statement: '`meta.progress` of a result says `Complete`, and `meta.count` is the number of rows.',
    consequence: 'Every reading would be refused.',
  }),
  byDoctor('reply-date', newest, dated, field, {
    statement: 'A reply has a `Date` header.',
    consequence:
      'A wrong clock of the adapter would not be noticed: it could read a window in the future, which is 0.',
  }),
  byDoctor('reply-id', newest, named, docs('Common response headers'), {
    statement: 'A reply has an `x-log-requestid` header.',
    consequence: 'Messages could not name the request. Readings would not change.',
  }),
  byDoctor('reply-lines-read', newest, counted, getLogs, {
    statement: '`meta.processedRows` is the number of lines that the query read.',
    consequence: 'The metric of lines read would be missing. Readings would not change.',
  }),
];
