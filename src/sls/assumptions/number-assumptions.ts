import { docs, java, valuesOf } from './entry.ts';

const arithmetic = docs('Mathematical calculation functions');
const conversion = docs('Type conversion functions');
const number = valuesOf('one row');

/** How SLS computes with numbers, and how it prints them. */
export const numberAssumptions = [
  number('integer-division', '(n - n + 7) / 2', '3', arithmetic, {
    statement: 'A whole number divided by a whole number drops the fraction.',
    consequence: 'Own metrics with such a division are refused at start, which would be needless.',
  }),
  number('double-division', '(n - n + 7) / 2e0', '3.5', arithmetic, {
    statement: 'A division by a double keeps the fraction.',
    consequence: 'Own metrics that divide by {window} would lose their fraction: 23.9 would read 23.',
  }),
  number('modulo', '(n - n + 127) % 60', '7', arithmetic, {
    statement: '`%` gives the remainder.',
    consequence: '`routes` would find the busiest minute of a route in the wrong place.',
  }),
  number('long-text', '1000000 * cast(12345678 AS bigint)', '12345678000000', conversion, {
    statement: 'A whole number is printed with all digits, without an exponent or separators.',
    consequence: 'Large counts and sums would be refused as no number.',
  }),
  number('double-whole-text', '60e0', '60.0', java, {
    statement: 'A whole double is printed with one decimal.',
    consequence: 'None where it is still a number; any other form would be refused.',
  }),
  number('double-small-text', '1e0 / 10000', '1.0E-4', java, {
    statement: 'A double below 0.001 is printed with an exponent: `1.0E-4`.',
    consequence: 'None where it is still a number; any other form would be refused.',
  }),
  number('double-large-text', '123450000e0 / 10', '1.2345E7', java, {
    statement: 'A double from 10,000,000 on is printed with an exponent: `1.2345E7`.',
    consequence: 'None where it is still a number; any other form would be refused.',
  }),
  number('double-all-digits', '0.1e0 + 0.2e0', '0.30000000000000004', java, {
    statement: 'A double is printed with all digits that it has.',
    consequence:
      'Sums would be rounded by SLS before they are rounded up to a thousandth, and could be one too low.',
  }),
  number('nan-text', '0e0 / (n - n)', 'NaN', java, {
    statement: 'A double that is no number is printed as `NaN`.',
    consequence:
      'A reading without a number would be refused as a broken reply instead of by what is missing.',
  }),
  number('infinity-text', '1e0 / (n - n)', 'Infinity', java, {
    statement: 'A double divided by 0 gives `Infinity`.',
    consequence:
      'A reading without a number would be refused as a broken reply instead of by what is missing.',
  }),
  number('null-text', 'cast(NULL AS double)', 'null', docs('GetLogsV2'), {
    statement: 'NULL is printed as the text `null`.',
    consequence:
      'A sum or average over no lines would be refused as a broken reply; an empty window would be an error, not 0.',
  }),
  number('try-cast-number', "try_cast('0.120' AS double)", '0.12', conversion, {
    statement: '`try_cast` reads a decimal number in a text.',
    consequence: 'Every metric that reads a number of a field would be refused.',
  }),
  number('try-cast-long', 'try_cast(n - n + 200 AS double)', '200.0', conversion, {
    statement: '`try_cast` turns a whole number into a double.',
    consequence: 'Bytes would be refused where they are indexed as long.',
  }),
  number('try-cast-list', "try_cast('0.001, 0.002' AS double)", 'null', conversion, {
    statement: '`try_cast` gives NULL for a list of numbers.',
    consequence: 'The latency of retried requests would be wrong.',
  }),
  number('try-cast-dash', "try_cast('-' AS double)", 'null', conversion, {
    statement: '`try_cast` gives NULL for `-`.',
    consequence: 'A line without the number could make a query fail, or count as 0.',
  }),
  number('try-cast-empty', "try_cast('' AS double)", 'null', conversion, {
    statement: '`try_cast` gives NULL for the empty text.',
    consequence: 'A line without the number could make a query fail, or count as 0.',
  }),
  number('coalesce', "coalesce(try_cast('-' AS double), 0e0)", '0.0', docs('Conditional expressions'), {
    statement: '`coalesce` replaces NULL.',
    consequence: 'The upstream time of a request would be missing as soon as one upstream gave none.',
  }),
];
