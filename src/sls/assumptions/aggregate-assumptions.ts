import type { ColumnAsk } from './assumption.ts';
import { column, docs, presto, type Fact } from './entry.ts';

const aggregation = docs('Aggregate functions');
const getLogs = docs('GetLogsV2');
const typesMatter = '`doctor` would be wrong about the types of fields. Readings would not change.';
const estimation = docs('Approximate functions');

/** How SLS sums up rows. The five rows have i = 1 to 5, and x = 0.25, 0.5, 0.75, 1 and NULL. */
export const aggregateAssumptions = [
  ofFive('count-rows', 'count(*)', '5', {
    statement: '`count(*)` counts every row, also those with NULL.',
    source: aggregation,
    consequence: 'Requests would be missing from every metric.',
  }),
  ofFive('count-values', 'count(x)', '4', {
    statement: '`count(x)` leaves out rows where x is NULL.',
    source: aggregation,
    consequence: 'A metric would be served although too many lines lack its number.',
  }),
  ofFive('count-if', 'count_if(i >= 4)', '2', {
    statement: '`count_if` counts the rows that meet a condition.',
    source: aggregation,
    consequence: 'The ratio of errors would be wrong.',
  }),
  ofFive('count-if-null', 'count_if(x >= 0.75e0)', '2', {
    statement: '`count_if` does not count a NULL condition.',
    source: presto,
    consequence: 'Lines without a status would count as errors.',
  }),
  ofFive('count-not-null', 'count_if(k IS NOT NULL)', '4', {
    statement: '`IS NOT NULL` leaves out exactly NULL.',
    source: presto,
    consequence: 'Lines without a route would make a route named null.',
  }),
  ofFive('sum-case', 'sum(CASE WHEN i >= 4 THEN 1 ELSE 0 END)', '2', {
    statement: 'The sum of whole numbers is printed as a whole number.',
    source: aggregation,
    consequence: 'Own metrics that count by sum(CASE …) would be refused or wrong.',
  }),
  ofFive('sum-null', 'sum(x)', '2.5', {
    statement: '`sum` leaves out NULL.',
    source: aggregation,
    consequence: 'One line without the number would make flows and concurrency fail.',
  }),
  ofFive('avg-null', 'avg(x)', '0.625', {
    statement: '`avg` leaves out NULL, also in the number that it divides by.',
    source: aggregation,
    consequence: 'Average latencies would be too low.',
  }),
  ofFive('avg-long', 'avg(i)', '3.0', {
    statement: '`avg` of whole numbers is a double.',
    source: aggregation,
    consequence: 'Averages of own metrics would lose their fraction.',
  }),
  ofFive('max', 'max(i)', '5', {
    statement: '`max` is the greatest value.',
    source: aggregation,
    consequence: '`doctor` and `routes` would say that lines stopped long ago.',
  }),
  ofFive(
    'percentile-middle',
    'approx_percentile(x, 0.5)',
    { least: 0.5, most: 0.75 },
    {
      statement: '`approx_percentile` gives a value between those of the neighbouring ranks.',
      source: estimation,
      consequence: 'Percentiles of latency would be wrong for routes with few requests.',
    },
  ),
  ofFive(
    'percentile-high',
    'approx_percentile(x, 0.99)',
    { least: 0.75, most: 1 },
    {
      statement: 'A high percentile of few values lies between the two greatest.',
      source: estimation,
      consequence: 'Percentiles of latency would be wrong for routes with few requests.',
    },
  ),
  ofFive(
    'type-long',
    'max(i) + count(*)',
    '10',
    {
      statement:
        'The type of a whole number is `bigint` in `meta.columnTypes`, where the types stand in the order of `meta.keys`.',
      source: getLogs,
      consequence: typesMatter,
    },
    'bigint',
  ),
  ofFive(
    'type-double',
    'avg(x) * 2e0',
    '1.25',
    {
      statement: 'The type of a double is `double` in `meta.columnTypes`.',
      source: getLogs,
      consequence: typesMatter,
    },
    'double',
  ),
  ofFive(
    'type-text',
    'max(k)',
    'b',
    {
      statement: 'The type of a text is `varchar` in `meta.columnTypes`.',
      source: getLogs,
      consequence: typesMatter,
    },
    'varchar',
  ),
  ofNone('none-count', 'count(*)', '0', {
    statement: 'Without rows, a SELECT without GROUP BY gives one row with the count 0.',
    source: presto,
    consequence: 'A whole logstore without lines would be an error, not 0.',
  }),
  ofNone('none-count-if', 'count_if(i >= 4)', '0', {
    statement: '`count_if` of no rows is 0.',
    source: presto,
    consequence: 'Own metrics that count would fail while there are no lines.',
  }),
  ofNone('none-sum', 'sum(i)', 'null', {
    statement: '`sum` of no rows is NULL.',
    source: presto,
    consequence: 'An own metric without lines could not be told from one that is 0.',
  }),
  ofNone('none-avg', 'avg(x)', 'null', {
    statement: '`avg` of no rows is NULL.',
    source: presto,
    consequence: 'A latency without requests would be refused as a broken reply.',
  }),
  ofNone('none-percentile', 'approx_percentile(x, 0.95)', 'null', {
    statement: '`approx_percentile` of no rows is NULL.',
    source: presto,
    consequence: 'A latency without requests would be refused as a broken reply.',
  }),
  ofNone('none-max', 'max(i)', 'null', {
    statement: '`max` of no rows is NULL.',
    source: presto,
    consequence: '`doctor` would take an empty logstore for one with very old lines.',
  }),
];

function ofFive(id: string, sql: string, value: ColumnAsk['value'], fact: Fact, type?: string) {
  return column('five rows', id, sql, value, fact, type);
}

function ofNone(id: string, sql: string, value: string, fact: Fact) {
  return column('no rows', id, sql, value, fact);
}
