import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../src/doctor/edit-distance.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['web', 'web', 0],
    ['', 'web', 3],
    ['web', 'wed', 1],
    ['web', 'weeb', 1],
    ['default-wbe-80', 'default-web-80', 2],
    ['kitten', 'sitting', 3],
  ])('of %j and %j is %i', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance);
    expect(editDistance(other, one)).toBe(distance);
  });

  it('is 0 only for equal texts, and satisfies the triangle inequality', () => {
    const text = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
      { numRuns: 200 },
    );
  });
});

describe('nearest', () => {
  it('returns the most similar names first, up to the given count', () => {
    const names = ['shop-api-80', 'shop-web-8080', 'shop-web-80', 'bank-core-443'];
    expect(nearest('shop-wev-80', names, 2)).toEqual(['shop-web-80', 'shop-api-80']);
  });

  it('leaves out names that differ by more than half of the text', () => {
    expect(nearest('shop-web-80', ['kube-system-metrics-https'], 3)).toEqual([]);
  });
});
