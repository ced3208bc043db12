import { docs, field, query, result } from './entry.ts';
import { aLine, at, counts, own, primary, select } from './own-lines.ts';

const index = docs('Create indexes');
const route = 'default-web-80';

/** How SLS keeps and cuts lines, and what becomes of their fields. Each entry brings its own, and reads no others. */
export const lineAssumptions = [
  counts('range-ends', '*', 3, [at(0), at(30), at(59), at(60)], {
    range: [0, 60],
    statement: 'A query reads the lines of `[from, to)`: a line at `to` does not count.',
    source: docs('GetLogsV2'),
    consequence: 'A line at the end of a window would be counted twice, or never.',
  }),
  counts('bounds-in-sql', '*', 2, [at(0), at(30), at(59), at(60)], {
    where: (from) => `__time__ >= ${from + 30} AND __time__ < ${from + 60}`,
    statement: 'Conditions on `__time__` in SQL cut a window to the second, within whole minutes.',
    source: docs('GetLogsV2'),
    consequence: 'Lines of other seconds of the minute would be counted.',
  }),
  own('lines-by-second', '__time__ AS s, count(*) AS c', 'GROUP BY __time__', [at(1), at(1), at(3)], {
    wanted: (from) => [
      { s: String(from + 1), c: '2' },
      { s: String(from + 3), c: '1' },
    ],
    statement: 'Lines can be counted by second, and a line keeps the second that it was written with.',
    source: docs('Reserved fields'),
    consequence: 'The learned delay would be wrong: windows would end too early, and readings be too low.',
  }),
  counts('equal-lines', '*', 2, [at(5), at(5)], {
    statement: 'Two equal lines of the same second are two lines.',
    source: docs('PutLogs'),
    consequence: 'Requests would be missing.',
  }),
  counts('unparsed-lines', '*', 1, [{ fields: { content: 'a line that the collector could not parse' } }], {
    statement: 'A line without any indexed field but one is found by `*` and counted.',
    source: docs('Collect logs in full regex mode'),
    consequence: 'A whole logstore would read too low.',
  }),
  own('value-of-2-kb', 'length(url) AS c', '', [{ fields: { url: `/${'a'.repeat(1999)}` } }], {
    wanted: () => [{ c: '2000' }],
    statement: 'A value of up to 2,048 bytes is whole in SQL.',
    source: docs('Limits on query and analysis'),
    consequence: 'Own metrics that compare long values would find no line: a silent 0.',
  }),
  own('sql-is-exact', 'count(*) AS c', "AND proxy_upstream_name = 'Default-Web-80'", [primary(route)], {
    wanted: () => [{ c: '0' }],
    statement: '`=` on a field tells upper from lower case, unlike a search.',
    source: docs('Comparison functions and operators'),
    consequence: 'Lines of other routes would be counted.',
  }),
  own('sql-unicode', 'count(*) AS c', "AND url = '/ü?q=1'", [{ fields: { url: '/ü?q=1' } }], {
    wanted: () => [{ c: '1' }],
    statement: 'Text outside ASCII is compared as it was written.',
    source: field,
    consequence: 'Own metrics with such a value would read 0.',
  }),
  own('quoted-column', 'count(*) AS c', `AND "time" = 'now'`, [{ fields: { time: 'now' } }], {
    wanted: () => [{ c: '1' }],
    statement: 'A field may be named in double quotes, also if its name is a keyword.',
    source: docs('Reserved words'),
    consequence: 'Own metrics would compare a text instead of the field: a silent 0.',
  }),
  own('missing-field', 'count_if(proxy_alternative_upstream_name IS NULL) AS c', '', [primary(route)], {
    wanted: () => [{ c: '1' }],
    statement: 'A field that a line does not have is NULL.',
    source: field,
    consequence: 'A line without a canary could be counted for no route.',
  }),
  own('empty-field', "count_if(host = '') AS c", '', [{ fields: { host: '' } }], {
    wanted: () => [{ c: '1' }],
    statement: 'A field that is written empty is the empty text.',
    source: field,
    consequence: 'Lines without an upstream would count as misread.',
  }),
  own('unreadable-number', 'count(request_time) AS c', '', [{ fields: { request_time: '-' } }], {
    wanted: () => [{ c: '0' }],
    statement: 'A text that is no number is NULL in a field that is indexed as a number.',
    source: index,
    consequence: 'It would count as 0: latencies would be too low.',
  }),
  own('zero-status', 'cast(status AS varchar) AS c', '', [{ fields: { status: '000' } }], {
    wanted: () => [{ c: '0' }],
    statement: 'The status `000` is 0 where status is indexed as long.',
    source: index,
    consequence: 'The ratio of errors could be refused after a reload of the controller.',
  }),
  own('small-double', 'cast(request_time AS varchar) AS c', '', [{ fields: { request_time: '0.0001' } }], {
    wanted: () => [{ c: '1.0E-4' }],
    statement: 'A double of a line is computed with as a double, and becomes text as Java prints it.',
    source: field,
    consequence: 'The upstream latency would be refused where the field is indexed as double.',
  }),
  query(
    'by test:sls',
    'field-types',
    {
      ...select('field-types', 'max(status) AS a, max(request_time) AS b, max(host) AS c', ''),
      ...result('a bigint, b double, c varchar', ({ columnTypes }) =>
        ['bigint', 'double', 'varchar'].every(
          (type, position) => columnTypes.get('abc'[position] ?? '') === type,
        ),
      ),
    },
    {
      statement: 'A field that is indexed as long, double or text is a bigint, double or varchar.',
      source: index,
      consequence: '`doctor` would be wrong about the types of fields.',
    },
    [aLine()],
  ),
  query(
    'by test:sls',
    'more-than-100-groups',
    {
      ...select(
        'more-than-100-groups',
        'proxy_upstream_name AS r, count(*) AS c',
        'GROUP BY r LIMIT 1000000',
      ),
      ...result('101 rows', ({ rows: found }) => found.length === 101),
    },
    {
      statement: 'With `LIMIT 1000000`, GROUP BY gives a row for each of more than 100 routes.',
      source: docs('LIMIT clause'),
      consequence: 'In a logstore with more than 100 routes, the others would read 0.',
    },
    Array.from({ length: 101 }, (_, number) => primary(`default-web-${number}`)),
  ),
];
