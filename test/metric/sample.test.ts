import { describe, expect, it } from 'vitest';
import { windowSeconds } from '../../src/metric/sample.ts';

describe('windowSeconds', () => {
  it('is the length of a half-open window', () => {
    expect(windowSeconds({ startSeconds: 1_795_444_826, endSeconds: 1_795_444_841 })).toBe(15);
  });
});
