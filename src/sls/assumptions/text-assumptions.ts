import { docs, java, presto, valuesOf, yesNo } from './entry.ts';

const conversion = docs('Type conversion functions');
const strings = docs('String functions');
const regular = docs('Regular expression functions');
const conditional = docs('Conditional expressions');
const comparison = docs('Comparison functions and operators');
const nullOrNot = yesNo("cast(NULL AS varchar) IS NULL OR NOT (cast(NULL AS varchar) = 'a')");
const severalNumbers = yesNo("regexp_like('0.1, 0.2', '^[0-9.]+((, | : )[0-9.]+){0,4}$')");
const afterBracket = String.raw`regexp_extract('b [a-b', '(^|\[)([a-z]-[a-z])$', 2)`;
const text = valuesOf('one row');

/** How SLS computes with text. */
export const textAssumptions = [
  text('cast-long', 'cast(n - n + 200 AS varchar)', '200', conversion, {
    statement: 'A whole number as text has no decimals.',
    consequence: 'A filter by status would find no line: a silent 0. The ratio of errors would be refused.',
  }),
  text('cast-double', 'cast(1e0 / 10000 AS varchar)', '1.0E-4', java, {
    statement: 'A double as text is printed as in a result.',
    consequence: 'The upstream latency would be refused where the field is indexed as double.',
  }),
  text('cast-text', "cast('a b' AS varchar)", 'a b', conversion, {
    statement: 'A text as text stays as it is.',
    consequence: 'Filters and own metrics would find no line.',
  }),
  text('quote-in-text', "'it''s'", "it's", presto, {
    statement: 'Single quotes enclose a text; two of them stand for one inside.',
    consequence: 'A value with a quote would be refused, or would change the query.',
  }),
  text('backslash-in-text', "'a\\b'", 'a\\b', presto, {
    statement: 'A backslash in a text of SQL is a plain character.',
    consequence: 'A value with a backslash would find no line.',
  }),
  text('double-quote-in-text', `'a"b'`, 'a"b', presto, {
    statement: 'A double quote in a text of SQL is a plain character.',
    consequence: 'A value with a double quote would be refused.',
  }),
  text('equal-case', yesNo("'Web' = 'web'"), 'no', comparison, {
    statement: '`=` tells upper from lower case.',
    consequence: 'Lines of another route or host would be counted.',
  }),
  text('equal-spaces', yesNo("'web ' = 'web'"), 'no', comparison, {
    statement: '`=` counts a space at the end.',
    consequence: 'Lines of another value would be counted.',
  }),
  text('empty-is-not-null', yesNo("'' IS NOT NULL"), 'yes', presto, {
    statement: 'The empty text is not NULL.',
    consequence: 'A line without a canary would have no route and would be counted for none.',
  }),
  text('in-list', yesNo("'b' IN ('a', 'b')"), 'yes', comparison, {
    statement: '`IN` compares with each value of the list.',
    consequence: 'Routes would read 0.',
  }),
  text('in-null', yesNo("cast(NULL AS varchar) IN ('a', 'b')"), 'no', comparison, {
    statement: 'NULL is in no list.',
    consequence: 'Lines without a route would be counted for routes.',
  }),
  text('not-in-null', yesNo("cast(NULL AS varchar) NOT IN ('', '-')"), 'no', comparison, {
    statement: 'NULL is not outside of a list either.',
    consequence: '`routes` would show a route named null.',
  }),
  text('null-is-not-equal', nullOrNot, 'yes', presto, {
    statement: 'NULL is neither equal to a text nor unequal: `IS NULL` finds it.',
    consequence: 'A filter with `notin` would leave out lines without the field.',
  }),
  text('like-any-character', yesNo("'503' LIKE '5__'"), 'yes', comparison, {
    statement: '`_` of LIKE stands for one character.',
    consequence: 'A filter by a class of status, such as 5xx, would find no line: a silent 0.',
  }),
  text('like-whole-text', yesNo("'5030' LIKE '5__'"), 'no', comparison, {
    statement: 'LIKE compares the whole text.',
    consequence: 'A filter by a class of status would count other lines.',
  }),
  text('like-start', yesNo("'agent/1 a-b' LIKE 'agent/%'"), 'yes', comparison, {
    statement: '`%` of LIKE stands for any text.',
    consequence: 'Heartbeats would be counted as requests.',
  }),
  text('case-when-null', yesNo("regexp_like(cast(NULL AS varchar), 'a')"), 'no', conditional, {
    statement: 'CASE takes a NULL condition as not met, and `regexp_like` of NULL is NULL.',
    consequence: 'A line without the column of canaries would be counted for no route.',
  }),
  text('regexp-finds-a-part', yesNo("regexp_like('xab', 'a')"), 'yes', regular, {
    statement: '`regexp_like` is satisfied by a part of the text.',
    consequence: 'The time of an upstream would not be recognised.',
  }),
  text('regexp-anchors', yesNo("regexp_like('xab', '^a') OR regexp_like('axb', 'a$')"), 'no', regular, {
    statement: '`^` and `$` of `regexp_like` are the ends of the text.',
    consequence: 'Misread fields would count as a canary: requests would be missing from their route.',
  }),
  text('regexp-repetition', severalNumbers, 'yes', regular, {
    statement: '`regexp_like` knows groups, alternatives, classes and counted repetitions.',
    consequence: 'The upstream latency of retried requests would be refused.',
  }),
  text('regexp-extract', "regexp_extract('10.0.0.1:80, 10.0.0.2:80', '^[^, ]+')", '10.0.0.1:80', regular, {
    statement: '`regexp_extract` gives the part that matches.',
    consequence: '`doctor` would not find the pods that default backends answered for.',
  }),
  text('regexp-extract-group', afterBracket, 'a-b', regular, {
    statement: '`regexp_extract` gives a group, counted from 1, and a backslash escapes `[`.',
    consequence: 'Requests of canaries would be missing from their route.',
  }),
  text('regexp-extract-none', "regexp_extract('-', '^([a-z])$', 1)", 'null', regular, {
    statement: '`regexp_extract` gives NULL if nothing matches.',
    consequence: 'Requests without a canary would be missing from their route.',
  }),
  text('status-of-text', "cast(try_cast('000' AS bigint) AS varchar)", '0', conversion, {
    statement: 'A text as a whole number and back to text loses leading zeros.',
    consequence: 'The ratio of errors would be refused where the status is indexed as text.',
  }),
  text('status-of-dash', "cast(try_cast('-' AS bigint) AS varchar)", 'null', conversion, {
    statement: 'A text that is no whole number is NULL as one.',
    consequence: 'A line without a status could make the query fail.',
  }),
  text('replace', "replace('0.1 : 0.2', ' : ', ', ')", '0.1, 0.2', strings, {
    statement: '`replace` replaces each occurrence.',
    consequence: 'The upstream latency after an internal redirect would be too low.',
  }),
  text('split-part', "split_part('0.1, 0.2', ', ', 2)", '0.2', strings, {
    statement: '`split_part` counts parts from 1, and takes a separator of two characters.',
    consequence: 'The upstream latency of retried requests would be wrong.',
  }),
  text('split-part-beyond', "try_cast(split_part('0.1', ', ', 2) AS double)", 'null', strings, {
    statement: '`split_part` gives no number beyond the last part, and does not fail.',
    consequence: 'The upstream latency would be refused, or wrong.',
  }),
  text('concat', "concat('a', '-', 'b')", 'a-b', strings, {
    statement: '`concat` joins several texts.',
    consequence: 'Routes of MSE and Envoy Gateway would read 0.',
  }),
  text('lower', "lower('A.Example')", 'a.example', strings, {
    statement: '`lower` gives lower case.',
    consequence: 'A filter by host would miss requests of MSE and Envoy Gateway.',
  }),
  text('strpos-start', "strpos('shop-web-80', 'shop-')", '1', strings, {
    statement: '`strpos` counts from 1.',
    consequence: 'A namespace would see no routes of its own.',
  }),
  text('strpos-absent', "strpos('shop-web-80', 'web2')", '0', strings, {
    statement: '`strpos` gives 0 for what does not occur.',
    consequence: 'A namespace would see the routes of others.',
  }),
];
