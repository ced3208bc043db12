import { describe, expect, it } from 'vitest';
import { replicasAtP99, runFixed, runForesight } from '../../src/replay/baselines.ts';
import { Deployment, runHpa } from '../../src/replay/run.ts';
import { specOf } from '../scaling/specs.ts';

/** Pods needed: 2 for 100 s, then 5 for 100 s. */
const needed = Float64Array.from({ length: 200 }, (_, second) => (second < 100 ? 2 : 5));
const readings = {
  syncs: Float64Array.from({ length: 13 }, (_, index) => 5 + index * 15),
  usagesMilli: [Float64Array.from({ length: 13 }, (_, index) => (5 + index * 15 < 100 ? 2000 : 5000))],
};

describe('a run', () => {
  it('counts pods from their request, and overload until they are ready', () => {
    const run = runHpa(specOf(), {}, readings, { needed, startupSeconds: 30 });
    // The sync at 110 s asks for 2 x 2, that at 125 s for 5.
    expect(run.changes).toEqual([
      [0, 2],
      [110, 4],
      [125, 5],
    ]);
    expect(run.podHours * 3600).toBe(110 * 2 + 15 * 4 + 75 * 5);
    expect(run.overloadedSeconds).toBe(155 - 100);
    expect(run.unservedShare).toBeCloseTo((40 * 3 + 15) / (200 + 500), 10);
    expect(run.changesPerHour).toBe(36);
  });

  it('removes pods that are not ready yet before others', () => {
    const deployment = new Deployment({ needed, startupSeconds: 30 }, 2);
    deployment.scale(5, 10);
    deployment.pass(20);
    expect([deployment.replicas, deployment.ready]).toEqual([5, 2]);
    deployment.scale(4, 20);
    deployment.pass(40);
    expect([deployment.replicas, deployment.ready]).toEqual([4, 4]);
    deployment.scale(1, 50);
    expect(deployment.ready).toBe(1);
  });

  it('is never overloaded with perfect foresight, and costs less than fixed replicas', () => {
    const load = { needed, startupSeconds: 30 };
    const foresight = runForesight(specOf(), readings, load, 700);
    expect(foresight).toMatchObject({ overloadedSeconds: 0, unservedShare: 0 });
    expect(replicasAtP99(needed)).toBe(5);
    const fixed = runFixed(load, 700);
    expect(fixed).toMatchObject({ overloadedSeconds: 0, changesPerHour: 0 });
    expect(foresight.podHours).toBeLessThan(fixed.podHours);
  });
});
