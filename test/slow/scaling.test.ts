import { describe, expect, it } from 'vitest';
import { firstDifference } from '../scaling/random-runs.ts';

describe('the model of the HPA controller', () => {
  it('decides as a second port of the rules, in 100,000 random runs', () => {
    for (let seed = 1; seed <= 100_000; seed++) expect(firstDifference(seed)).toBeUndefined();
  });
});
