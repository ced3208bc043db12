import { expect, it } from 'vitest';
import { queryLines } from '../../src/cli/explain/explanation-text.ts';

it('breaks a query into the parts of its statement', () => {
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

it('leaves alone what stands in quotes', () => {
  const query = `a: "x LIMIT y" | SELECT 'it''s FROM log WHERE ', "b AND c" FROM log`;
  expect(queryLines(query)).toEqual([
    'a: "x LIMIT y"',
    `| SELECT 'it''s FROM log WHERE ', "b AND c"`,
    'FROM log',
  ]);
});

it('leaves a search without a statement on its line', () => {
  expect(queryLines('status: 200 and host: "a"')).toEqual(['status: 200 and host: "a"']);
});
