import { expect, it } from 'vitest';
import { pageOf } from '../../../src/kube/client/list-pages.ts';

const metadata = { resourceVersion: '7' };

it('a page of a list says where the next page goes on', () => {
  const items = [{ kind: 'A' }, {}];
  expect(pageOf({ metadata, items })).toEqual({ version: '7', items, next: '' });
  expect(pageOf({ metadata: { ...metadata, continue: 'abc' }, items })).toMatchObject({ next: 'abc' });
});

it('null is an empty list, since Go writes one so', () => {
  expect(pageOf({ metadata, items: null })).toEqual({ version: '7', items: [], next: '' });
});

it.each<[reply: unknown]>([
  [undefined],
  [[]],
  ['list'],
  [{ items: [] }],
  [{ metadata: {}, items: [] }],
  [{ metadata: { resourceVersion: '' }, items: [] }],
  [{ metadata: { resourceVersion: 7 }, items: [] }],
  [{ metadata }],
  [{ metadata, items: {} }],
  [{ metadata, items: [null] }],
  [{ metadata, items: [[]] }],
])('%j is not a list: an empty list would mean that everything is gone', (reply) => {
  expect(pageOf(reply)).toBeUndefined();
});
