import { docs, presto, valuesOf } from './entry.ts';

const aggregation = docs('Aggregate functions');
const getLogs = docs('GetLogsV2');
const typesMatter = '`doctor` would be wrong about the types of fields. Readings would not change.';
const estimation = docs('Approximate functions');
const ofFive = valuesOf('five rows');
const ofNone = valuesOf('no rows');

/** How SLS sums up rows. The five rows have i = 1 to 5, and x = 0.25, 0.5, 0.75, 1 and NULL. */
export const aggregateAssumptions = [
  ofFive('count-rows', 'count(*)', '5', aggregation, {
    statement: '`count(*)` counts every row, also those with NULL.',
    consequence: 'Requests would be missing from every metric.',
  }),
  ofFive('count-values', 'count(x)', '4', aggregation, {
    statement: '`count(x)` leaves out rows where x is NULL.',
    consequence: 'A metric would be served although too many lines lack its number.',
  }),
  ofFive('count-if', 'count_if(i >= 4)', '2', aggregation, {
    statement: '`count_if` counts the rows that meet a condition.',
    consequence: 'The ratio of errors would be wrong.',
  }),
  ofFive('count-if-null', 'count_if(x >= 0.75e0)', '2', presto, {
    statement: '`count_if` does not count a NULL condition.',
    consequence: 'Lines without a status would count as errors.',
  }),
  ofFive('count-not-null', 'count_if(k IS NOT NULL)', '4', presto, {
    statement: '`IS NOT NULL` leaves out exactly NULL.',
    consequence: 'Lines without a route would make a route named null.',
  }),
  ofFive('sum-case', 'sum(CASE WHEN i >= 4 THEN 1 ELSE 0 END)', '2', aggregation, {
    statement: 'The sum of whole numbers is printed as a whole number.',
    consequence: 'Own metrics that count by sum(CASE …) would be refused or wrong.',
  }),
  ofFive('sum-null', 'sum(x)', '2.5', aggregation, {
    statement: '`sum` leaves out NULL.',
    consequence: 'One line without the number would make flows and concurrency fail.',
  }),
  ofFive('avg-null', 'avg(x)', '0.625', aggregation, {
    statement: '`avg` leaves out NULL, also in the number that it divides by.',
    consequence: 'Average latencies would be too low.',
  }),
  ofFive('avg-long', 'avg(i)', '3.0', aggregation, {
    statement: '`avg` of whole numbers is a double.',
    consequence: 'Averages of own metrics would lose their fraction.',
  }),
  ofFive('max', 'max(i)', '5', aggregation, {
    statement: '`max` is the greatest value.',
    consequence: '`doctor` and `routes` would say that lines stopped long ago.',
  }),
  ofFive('percentile-middle', 'approx_percentile(x, 0.5)', { least: 0.5, most: 0.75 }, estimation, {
    statement: '`approx_percentile` gives a value between those of the neighbouring ranks.',
    consequence: 'Percentiles of latency would be wrong for routes with few requests.',
  }),
  ofFive('percentile-high', 'approx_percentile(x, 0.99)', { least: 0.75, most: 1 }, estimation, {
    statement: 'A high percentile of few values lies between the two greatest.',
    consequence: 'Percentiles of latency would be wrong for routes with few requests.',
  }),
  ofFive('type-long', 'max(i) + count(*)', { text: '10', type: 'bigint' }, getLogs, {
    statement:
      'The type of a whole number is `bigint` in `meta.columnTypes`, where the types stand in the order of `meta.keys`.',
    consequence: typesMatter,
  }),
  ofFive('type-double', 'avg(x) * 2e0', { text: '1.25', type: 'double' }, getLogs, {
    statement: 'The type of a double is `double` in `meta.columnTypes`.',
    consequence: typesMatter,
  }),
  ofFive('type-text', 'max(k)', { text: 'b', type: 'varchar' }, getLogs, {
    statement: 'The type of a text is `varchar` in `meta.columnTypes`.',
    consequence: typesMatter,
  }),
  ofNone('none-count', 'count(*)', '0', presto, {
    statement: 'Without rows, a SELECT without GROUP BY gives one row with the count 0.',
    consequence: 'A whole logstore without lines would be an error, not 0.',
  }),
  ofNone('none-count-if', 'count_if(i >= 4)', '0', presto, {
    statement: '`count_if` of no rows is 0.',
    consequence: 'Own metrics that count would fail while there are no lines.',
  }),
  ofNone('none-sum', 'sum(i)', 'null', presto, {
    statement: '`sum` of no rows is NULL.',
    consequence: 'An own metric without lines could not be told from one that is 0.',
  }),
  ofNone('none-avg', 'avg(x)', 'null', presto, {
    statement: '`avg` of no rows is NULL.',
    consequence: 'A latency without requests would be refused as a broken reply.',
  }),
  ofNone('none-percentile', 'approx_percentile(x, 0.95)', 'null', presto, {
    statement: '`approx_percentile` of no rows is NULL.',
    consequence: 'A latency without requests would be refused as a broken reply.',
  }),
  ofNone('none-max', 'max(i)', 'null', presto, {
    statement: '`max` of no rows is NULL.',
    consequence: '`doctor` would take an empty logstore for one with very old lines.',
  }),
];
