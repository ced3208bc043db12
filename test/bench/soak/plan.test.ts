import { describe, expect, it } from 'vitest';
import { wantedSeconds, soakPlan, type SoakPlan } from '../../../bench/soak/plan.ts';
import { configSchema } from '../../../src/config/schema.ts';

const settingsOf = ({ config }: SoakPlan) =>
  configSchema.parse({ ...config, sls: { region: 'cn-beijing', ...config.sls } });

describe('the plan of a soak', () => {
  it('adds and removes 5,000 HPAs in ten minutes', () => {
    const plan = soakPlan(600);
    expect(plan.cycles * plan.temporaryHpas).toBeGreaterThanOrEqual(5000);
    const { addSeconds, holdSeconds, removeSeconds, settleSeconds } = plan;
    const cycleSeconds = addSeconds + holdSeconds + removeSeconds + settleSeconds;
    expect(plan.cycles * cycleSeconds + wantedSeconds + plan.idleSeconds).toBeLessThan(600);
    expect(plan.newNames).toBe(true);
  });

  it('uses the default settings and real time in a soak of ten minutes', () => {
    const plan = soakPlan(600);
    const { reading } = configSchema.parse({ sls: { region: 'cn-beijing' } });
    expect(settingsOf(plan).reading).toEqual({ ...reading, maxSeries: plan.config.reading.maxSeries });
    expect(plan.config.sls).toBeUndefined();
    expect(plan.expiry).toBe('real time');
    expect(plan.readPeriodSeconds).toBe(15);
  });

  it('compares cycles from the one at whose end the first series are no longer wanted', () => {
    const { firstComparedCycle, addSeconds, holdSeconds, removeSeconds, settleSeconds } = soakPlan(600);
    const cycleSeconds = addSeconds + holdSeconds + removeSeconds + settleSeconds;
    expect((firstComparedCycle + 1) * cycleSeconds).toBeLessThan(wantedSeconds);
    expect((firstComparedCycle + 1) * cycleSeconds + settleSeconds).toBeGreaterThanOrEqual(wantedSeconds);
  });

  it('has at least three cycles to compare, even in a short soak', () => {
    for (const seconds of [25, 30, 60, 399, 400, 600, 1200]) {
      const { cycles, firstComparedCycle } = soakPlan(seconds);
      expect(cycles - firstComparedCycle).toBeGreaterThanOrEqual(3);
    }
  });

  it('has a valid configuration of the adapter', () => {
    expect(settingsOf(soakPlan(30)).reading).toMatchObject({ refreshesIn15Seconds: 15 });
  });
});
