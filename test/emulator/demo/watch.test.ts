import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desiredReplicas, guideHpa } from '../../../emulator/demo/watch.ts';

describe('desiredReplicas', () => {
  it.each([
    [0, 1, 1],
    [10, 1, 1],
    [10.9, 1, 1], // within 10 %: nothing changes
    [11.1, 1, 2],
    [25, 1, 3],
    [25, 3, 3],
    [28, 3, 3],
    [26, 3, 3],
    [20, 3, 2],
    [1000, 3, 10],
    [0, 10, 1],
    [99, 10, 10],
    [89, 10, 9],
  ])('for %d requests/s and %d replicas wants %d', (sum, current, wanted) => {
    expect(desiredReplicas(sum, current)).toBe(wanted);
  });

  it('stays within the bounds of the HPA, and is ceil(sum / target) outside the tolerance', () => {
    const { averageValue, minReplicas, maxReplicas } = guideHpa;
    const replicas = fc.integer({ min: minReplicas, max: maxReplicas });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1000, noNaN: true }), replicas, (sum, current) => {
        const wanted = desiredReplicas(sum, current);
        expect(wanted).toBeGreaterThanOrEqual(minReplicas);
        expect(wanted).toBeLessThanOrEqual(maxReplicas);
        const ratio = sum / averageValue / current;
        if (ratio > 1.11 || ratio < 0.89) {
          expect(wanted).toBe(Math.min(Math.max(Math.ceil(sum / averageValue), minReplicas), maxReplicas));
        }
      }),
    );
  });
});
