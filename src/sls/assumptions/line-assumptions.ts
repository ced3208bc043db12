import type { Assumption, Fact } from './assumption.ts';
import { at, docs, field, ofLines, one, result, rowCount, rows } from './entry.ts';

const index = docs('Create indexes');
const getLogs = docs('GetLogsV2');
const comparison = docs('Comparison functions and operators');
const limits = docs('Limits on query and analysis');
const fullRegex = docs('Collect logs in full regex mode');
const route = 'proxy_upstream_name';
const canary = 'proxy_alternative_upstream_name';

const fourLines = [at(0), at(30), at(59), at(60)];
const halfMinute = (from: number) => `AND __time__ >= ${from + 30} AND __time__ < ${from + 60}`;
const bySecond = { columns: '__time__ % 60 AS s, count(*) AS c', rest: () => 'GROUP BY __time__' };
const byMinute = { columns: '__time__ - __time__ % 60 AS m, count(*) AS c', rest: () => 'GROUP BY m' };
const seconds = rows({ s: '1', c: '2' }, { s: '3', c: '1' });
const unparsed = { content: 'a line that the collector could not parse' };
const long = { url: `/${'a'.repeat(1999)}` };
const lower = { [route]: 'default-web-80' };
const typed = { columns: 'max(status) AS a, max(request_time) AS b, max(host) AS c' };
const aLine = { host: 'a.example.com', status: '200', request_time: '0.1' };
const types = result('a bigint, b double, c varchar', ({ columnTypes }) =>
  ['a bigint', 'b double', 'c varchar'].every(
    (type) => type === `${type[0]} ${columnTypes.get(type[0] ?? '')}`,
  ),
);
const byRoute = { columns: `${route} AS r, count(*) AS c`, rest: () => 'GROUP BY r LIMIT 1000000' };
const routes = Array.from({ length: 101 }, (_, number) => ({ fields: { [route]: `default-web-${number}` } }));

/** How SLS keeps and cuts lines, and what becomes of their fields. Each entry brings its own lines, and reads no others. */
export const lineAssumptions = [
  ofLines('range-ends', { seconds: 60 }, one(3), fourLines, getLogs, {
    statement: 'A query reads the lines of `[from, to)`: a line at `to` does not count.',
    consequence: 'A line at the end of a window would be counted twice, or never.',
  }),
  ofLines('bounds-in-sql', { rest: halfMinute }, one(2), fourLines, getLogs, {
    statement: 'Conditions on `__time__` in SQL cut a window to the second, within whole minutes.',
    consequence: 'Lines of other seconds of the minute would be counted.',
  }),
  ofLines('lines-by-second', bySecond, seconds, [at(1), at(1), at(3)], docs('Reserved fields'), {
    statement: 'Lines can be counted by second, and a line keeps the second that it was written with.',
    consequence: 'The learned delay would be wrong: windows would end too early, and readings be too low.',
  }),
  ofLines('lines-by-minute', byMinute, rows({ c: '3' }, { c: '1' }), fourLines, docs('GROUP BY clause'), {
    statement: 'Lines can be counted by minute, under the alias of an expression of `__time__`.',
    consequence: 'Forecasts would learn from wrong counts, or have none. Readings would not change.',
  }),
  ofLines('equal-lines', {}, one(2), [at(5), at(5)], docs('PutLogs'), {
    statement: 'Two equal lines of the same second are two lines.',
    consequence: 'Requests would be missing.',
  }),
  ofLines('unparsed-lines', {}, one(1), [{ fields: unparsed }], fullRegex, {
    statement: 'A line without any indexed field but one is found by `*` and counted.',
    consequence: 'A whole logstore would read too low.',
  }),
  reads('value-of-2-kb', 'length(url)', 2000, long, limits, {
    statement: 'A value of up to 2,048 bytes is whole in SQL.',
    consequence: 'Own metrics that compare long values would find no line: a silent 0.',
  }),
  reads('sql-is-exact', `count_if(${route} = 'Default-Web-80')`, 0, lower, comparison, {
    statement: '`=` on a field tells upper from lower case, unlike a search.',
    consequence: 'Lines of other routes would be counted.',
  }),
  reads('sql-unicode', "count_if(url = '/ü?q=1')", 1, { url: '/ü?q=1' }, field, {
    statement: 'Text outside ASCII is compared as it was written.',
    consequence: 'Own metrics with such a value would read 0.',
  }),
  reads('quoted-column', `count_if("time" = 'now')`, 1, { time: 'now' }, docs('Reserved words'), {
    statement: 'A field may be named in double quotes, also if its name is a keyword.',
    consequence: 'Own metrics would compare a text instead of the field: a silent 0.',
  }),
  reads('missing-field', `count_if(${canary} IS NULL)`, 1, { host: 'a.example.com' }, field, {
    statement: 'A field that a line does not have is NULL.',
    consequence: 'A line without a canary could be counted for no route.',
  }),
  reads('empty-field', "count_if(host = '')", 1, { host: '' }, field, {
    statement: 'A field that is written empty is the empty text.',
    consequence: 'Lines without an upstream would count as misread.',
  }),
  reads('unreadable-number', 'count(request_time)', 0, { request_time: '-' }, index, {
    statement: 'A text that is no number is NULL in a field that is indexed as a number.',
    consequence: 'It would count as 0: latencies would be too low.',
  }),
  reads('zero-status', 'cast(status AS varchar)', 0, { status: '000' }, index, {
    statement: 'The status `000` is 0 where status is indexed as long.',
    consequence: 'The ratio of errors could be refused after a reload of the controller.',
  }),
  reads('small-double', 'cast(request_time AS varchar)', '1.0E-4', { request_time: '0.0001' }, field, {
    statement: 'A double of a line is computed with as a double, and becomes text as Java prints it.',
    consequence: 'The upstream latency would be refused where the field is indexed as double.',
  }),
  ofLines('field-types', typed, types, [{ fields: aLine }], index, {
    statement: 'A field that is indexed as long, double or text is a bigint, double or varchar.',
    consequence: '`doctor` would be wrong about the types of fields.',
  }),
  ofLines('more-than-100-groups', byRoute, rowCount(101), routes, docs('LIMIT clause'), {
    statement: 'With `LIMIT 1000000`, GROUP BY gives a row for each of more than 100 routes.',
    consequence: 'In a logstore with more than 100 routes, the others would read 0.',
  }),
];

/** Makes an entry of the value that is read from one line. */
function reads(
  id: string,
  sql: string,
  value: string | number,
  fields: Readonly<Record<string, string>>,
  source: string,
  fact: Fact,
): Assumption {
  return ofLines(id, { columns: `${sql} AS c` }, one(value), [{ fields }], source, fact);
}
