import { expect, it } from 'vitest';
import { queryLines } from '../../../src/cli/explain/explanation-text.ts';

it('queryLines breaks a query before the clauses of its statement', () => {
  const query =
    '* | SELECT a AS b, count(*) AS c FROM log WHERE __time__ >= 1 AND __time__ < 2 GROUP BY b ORDER BY c DESC LIMIT 5';
  expect(queryLines(query)).toEqual([
    '*',
    '| SELECT a AS b, count(*) AS c',
    'FROM log',
    'WHERE __time__ >= 1',
    '  AND __time__ < 2',
    'GROUP BY b',
    'ORDER BY c DESC',
    'LIMIT 5',
  ]);
});

it('queryLines does not change quoted texts', () => {
  const query = `a: "x LIMIT y" | SELECT 'it''s FROM log WHERE ', "b AND c" FROM log`;
  expect(queryLines(query)).toEqual([
    'a: "x LIMIT y"',
    `| SELECT 'it''s FROM log WHERE ', "b AND c"`,
    'FROM log',
  ]);
});

it('queryLines keeps a search without a statement on one line', () => {
  expect(queryLines('status: 200 and host: "a"')).toEqual(['status: 200 and host: "a"']);
});
