import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ownMetricFaults } from '../../src/config/own-metrics/own-metric-faults.ts';
import { ownMetric } from '../../src/config/own-metrics/own-metric.ts';
import type { OwnMetricSettings } from '../../src/config/own-metrics/own-metric-schema.ts';
import { readSql, type SqlNode } from '../../src/config/own-metrics/sql-tokens.ts';
import { queryText } from '../../src/sls/query-text.ts';

/** Texts that would end a string, a phrase or a statement if they were not quoted. */
const hostile = fc.array(
  fc.constantFrom("'", '"', '\\', ';', '--', '/*', '|', ')', '{route}', '{n}', ' OR 1=1', 'x', '\n', '’'),
  { minLength: 1, maxLength: 6 },
);
const values = hostile.map((pieces) => pieces.join(''));
const piece = fc.constantFrom(
  '{a}',
  '{n}',
  '{window}',
  "'q'",
  '"c"',
  'count(*)',
  ' ',
  '=',
  '(',
  ')',
  ',',
  '1',
  '.',
);
const templates = fc
  .array(piece, { minLength: 1, maxLength: 8 })
  .map((pieces) => `max(${pieces.join('')} = {a})`);

/** The kinds of tokens, nested as the SQL is. A placeholder counts as the value that it becomes. */
const shapeOf = (nodes: readonly SqlNode[]): unknown[] =>
  nodes.map((node) => {
    if (node.kind === 'group') return [node.key, shapeOf(node.nodes)];
    return /^(string|number|placeholder)$/.test(node.kind) ? 'value' : node.kind;
  });

/** Beginnings of a SELECT that give its columns their names in each way, and rows that are written out. */
const selects = fc.constantFrom(
  'SELECT max(x) AS value, count(*) AS lines FROM log WHERE',
  'SELECT max(x) value, count(*) lines FROM log WHERE',
  'SELECT max(x) "value", count(*) lines FROM log l WHERE',
  'SELECT sum(w) value, count(*) lines FROM log JOIN (VALUES ({a}, {n}), (1, 2)) AS t(k, w) ON k = {a} WHERE',
  'WITH t(w) AS (VALUES {n}, 2) SELECT sum(w) value, count(*) lines FROM log JOIN t ON w = {n} WHERE',
);

it('values of labels stay values in the SELECT of every own metric that is accepted', () => {
  let accepted = 0;
  const check = (select: string, template: string, value: string, number: number) => {
    const sql = `${select} __time__ >= {from} AND __time__ < {to} AND ${template.replace('max', 'length')} > 0`;
    const settings: OwnMetricSettings = {
      name: 'own',
      description: 'x',
      unit: 'x',
      search: '*',
      sql,
      emptyWindow: 'error',
      labels: [
        { name: 'a', description: 'x', type: 'text' },
        { name: 'n', description: 'x', type: 'number' },
      ],
    };
    if (ownMetricFaults({ ...settings, search: '{a} {n}' }).length > 0) return;
    accepted += 1;
    const { logKind, aggregates } = ownMetric(settings, 0);
    const text = queryText({
      logKind,
      aggregates,
      filters: { own: { a: value, n: String(number) } },
      window: { startSeconds: 0, endSeconds: 15 },
      routes: undefined,
      everyRoute: false,
      hasAlternative: false,
    });
    const sent = text.slice('* | '.length, -' LIMIT 2'.length);
    expect(shapeOf(readSql(sent.replaceAll('{', '<')))).toEqual(shapeOf(readSql(sql)));
  };
  fc.assert(fc.property(selects, templates, values, fc.nat(99), check), { numRuns: 2000 });
  expect(accepted).toBeGreaterThan(200);
});

it('values of labels stay values in the SQL and the search of every own metric that is accepted', () => {
  let accepted = 0;
  const check = (aggregate: string, value: string, number: number) => {
    const settings: OwnMetricSettings = {
      name: 'own',
      description: 'x',
      unit: 'x',
      search: 'field: {a}',
      aggregate,
      emptyWindow: 'error',
      labels: [
        { name: 'a', description: 'x', type: 'text' },
        { name: 'n', description: 'x', type: 'number', column: 'n' },
      ],
    };
    if (ownMetricFaults(settings).length > 0) return;
    accepted += 1;
    const { logKind, aggregates } = ownMetric(settings, 0);
    const text = queryText({
      logKind,
      aggregates,
      filters: { own: { a: value, n: String(number) } },
      window: { startSeconds: 0, endSeconds: 15 },
      routes: undefined,
      everyRoute: false,
      hasAlternative: false,
    });
    const [, phrase = '', sql = ''] = /^field: ("(?:[^"\\]|\\.)*") \| ([^]*)$/.exec(text) ?? [];
    expect(JSON.parse(phrase.replaceAll('\n', '\\n'))).toBe(value);
    // A `{` in a value is text, which the check of templates would take for a placeholder.
    const [, expression = ''] = /^SELECT ([^]*) AS own_0,/.exec(sql.replaceAll('{', '<')) ?? [];
    expect(shapeOf(readSql(expression))).toEqual(shapeOf(readSql(aggregate)));
  };
  fc.assert(fc.property(templates, values, fc.nat(99), check), { numRuns: 3000 });
  expect(accepted).toBeGreaterThan(300);
});
