import { expect, it } from 'vitest';
import { hasTooManyValues } from '../../../src/kube/client/large-json.ts';

const listOf = (count: number, one: string) => `[${`${one},`.repeat(count)}${one}]`;
/** Of one object in etcd, as protobuf. */
const mostStoredBytes = 1.5 * 1024 * 1024;

// An HPA's selectors have no bound but the size of the object.
it.each([
  ['empty texts, 2 bytes each', listOf(mostStoredBytes / 2, '""')],
  ['requirements, 6 bytes each', listOf(mostStoredBytes / 6, '{"key":"","operator":""}')],
  [
    'requirements with an empty text, 8 bytes each',
    listOf(mostStoredBytes / 8, '{"key":"","operator":"","values":[""]}'),
  ],
  ['names of fields, 9 bytes each', listOf(mostStoredBytes / 9, '{"f:a":{}}')],
  ['a text of brackets and commas', `{"a":"${'\\"[,{'.repeat(mostStoredBytes)}"}`],
])('an object as etcd stores it may be parsed: %s', (_, text) => {
  expect(text.length).toBeGreaterThan(1024 * 1024);
  expect(hasTooManyValues(text)).toBe(false);
});

it.each([
  ['pairs of braces', '{},'.repeat(1_000_000)],
  ['brackets', '['.repeat(1_500_000)],
  ['objects of one field', '{"":'.repeat(500_000)],
  ['numbers', '1,'.repeat(1_500_000)],
])('a long text of other values may not: %s', (_, text) => {
  expect(hasTooManyValues(text)).toBe(true);
  expect(hasTooManyValues(text.slice(0, 1024 * 1024))).toBe(false);
});
