import { expect, it } from 'vitest';
import { ownText } from '../../src/runtime/own-text.ts';

it.each(['', '/apis?a=%2F', 'Zürich, 東京 😀', '"\\\u0000\u2028', '\ud800 and \udfff'])(
  'is the same text, whatever stands in it: %j',
  (text) => {
    expect(ownText(text)).toBe(text);
  },
);
