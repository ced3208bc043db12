import { describe, expect, it } from 'vitest';
import { TextMemo } from '../../../src/api/read/text-memo.ts';

const work = (runs: string[], text: string) => () => {
  runs.push(text);
  return { text };
};

describe('what was worked out of a text', () => {
  it('is worked out once, and is the same object', () => {
    const [memo, runs] = [new TextMemo<object>(10, 10), [] as string[]];
    const first = memo.get('a', work(runs, 'a'));
    expect(memo.get('a', work(runs, 'a'))).toBe(first);
    expect(memo.get('b', work(runs, 'b'))).not.toBe(first);
    expect(runs).toEqual(['a', 'b']);
  });

  it('is bounded: the least recently used goes first, and what is too long is never kept', () => {
    const [memo, runs] = [new TextMemo<object>(2, 3), [] as string[]];
    for (const text of ['a', 'b', 'a', 'c', 'a', 'b', 'long', 'long']) memo.get(text, work(runs, text));
    expect(runs).toEqual(['a', 'b', 'c', 'b', 'long', 'long']);
  });

  it('is forgotten where it failed', () => {
    const memo = new TextMemo<object>(10, 10);
    const fail = () => {
      throw new Error('no');
    };
    expect(() => memo.get('a', fail)).toThrow('no');
    expect(memo.get('a', () => ({ fine: true }))).toEqual({ fine: true });
  });
});
