import { expect, it } from 'vitest';
import { pageOf } from '../../../src/kube/client/list-page.ts';

const metadata = { resourceVersion: '7' };

it('reads a page, with and without one that follows', () => {
  const items = [{ kind: 'A' }, {}];
  expect(pageOf({ metadata, items })).toEqual({ version: '7', items, next: '' });
  expect(pageOf({ metadata: { ...metadata, continue: 'abc' }, items })).toMatchObject({ next: 'abc' });
});

it('takes null, which is what Go makes of an empty list, for one', () => {
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
])('takes %j for no list: an empty one would mean that everything is gone', (reply) => {
  expect(pageOf(reply)).toBeUndefined();
});
