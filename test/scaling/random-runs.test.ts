import { describe, expect, it } from 'vitest';
import { firstDifference } from './random-runs.ts';

describe('the model of the HPA controller', () => {
  it('decides as a second port of the rules, in random runs (all of them: test/slow/scaling.test.ts)', () => {
    for (let seed = 1; seed <= 2000; seed++) expect(firstDifference(seed)).toBeUndefined();
  });
});
