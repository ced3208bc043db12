import { expect, it } from 'vitest';
import { Attached } from '../../src/runtime/attached.ts';

it('is known of the object alone: of no copy, in no text, and to nobody else who attaches', () => {
  const [one, other] = [new Attached<object, string>(), new Attached<object, string>()];
  const holder = { route: 'a' };
  expect(one.get(holder)).toBeUndefined();
  one.set(holder, 'first');
  one.set(holder, 'second');
  expect([one.get(holder), other.get(holder)]).toEqual(['second', undefined]);
  const copy = { ...holder, route: 'b' };
  expect([one.get(copy), one.get(structuredClone(holder))]).toEqual([undefined, undefined]);
  expect([Object.keys(holder), JSON.stringify(holder)]).toEqual([['route'], '{"route":"a"}']);
});
