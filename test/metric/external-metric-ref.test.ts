import { describe, expect, it } from 'vitest';
import { wantedReplicas, type ScaleTarget } from '../../src/metric/external-metric-ref.ts';

const target: ScaleTarget = { kind: 'AverageValue', value: 10, minReplicas: 2, maxReplicas: 8 };

describe('wantedReplicas', () => {
  it.each([
    [0, 2],
    [20, 2],
    [20.001, 3],
    [78, 8],
    [800, 8],
  ])('of a sum of %f at 10 for each replica are %i, within the bounds of the HPA', (sum, replicas) => {
    expect(wantedReplicas(sum, target)).toBe(replicas);
  });

  it('are unknown for a Value target, which scales the ready replicas', () => {
    expect(wantedReplicas(78, { ...target, kind: 'Value' })).toBeUndefined();
  });
});
