import { expect, it } from 'vitest';
import { checkSearch } from '../../../src/config/own-metrics/search-template.ts';

it.each([
  '*',
  'model: {route} and not (a: "x y" or b > 5)',
  '"a \\" b" and __topic__: x',
  'a in [1 5] or latency>{route}',
  'content: "{\\"a\\": 1}"',
  '日志: 中文 or "a\u00a0b"',
])('takes a search: %s', (search) => {
  expect(() => checkSearch(search)).not.toThrow();
});

it.each([
  ['a: "b', 'must not have " at character 4 outside quotes: close the quote'],
  ['* | SELECT 1', 'must not have | at character 3 outside quotes: SQL belongs in aggregate or sql'],
  ['a; b', 'must not have ; at character 2 outside quotes'],
  ["a: 'b'", 'must not have \' at character 4 outside quotes: quote a phrase with "'],
  ['a: "{route}"', 'must not have {route} in quotes: a placeholder gets its own'],
  ['a: "x"{route}', 'must have spaces around {route}: it becomes a phrase of its own'],
  ['x-{route}', 'must have spaces around {route}: it becomes a phrase of its own'],
  ['{route}*', 'must have spaces around {route}: it becomes a phrase of its own'],
  ['a{b', 'must not have { at character 2 outside quotes'],
  ['a\\" | b"', 'must not have \\ at character 2 outside quotes'],
  ['a:\u00a0b', 'must not have U+00A0 at character 3 outside quotes'],
  ['a\u200b', 'must not have U+200B at character 2 outside quotes'],
  ['a: “b c”', 'must not have U+201C at character 4 outside quotes'],
])('refuses %s', (search, why) => {
  expect(() => checkSearch(search)).toThrow(new SyntaxError(why));
});
