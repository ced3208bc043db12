import { describe, expect, it } from 'vitest';
import { forgettingSeconds, soakPlan, type SoakPlan } from '../../../bench/soak/plan.ts';
import { configSchema } from '../../../src/config/schema.ts';

const settingsOf = ({ config }: SoakPlan) =>
  configSchema.parse({ ...config, sls: { region: 'cn-beijing', ...config.sls } });

describe('the plan of a soak', () => {
  it('has 5,000 HPAs come and go in ten minutes', () => {
    const plan = soakPlan(600);
    expect(plan.cycles * plan.comingHpas).toBeGreaterThanOrEqual(5000);
    const { riseSeconds, staySeconds, fallSeconds, settleSeconds } = plan;
    const cycleSeconds = riseSeconds + staySeconds + fallSeconds + settleSeconds;
    expect(plan.cycles * cycleSeconds + forgettingSeconds + plan.quietSeconds).toBeLessThan(600);
    expect(plan.newNames).toBe(true);
  });

  it('keeps to the times of production then', () => {
    const plan = soakPlan(600);
    const { reading } = configSchema.parse({ sls: { region: 'cn-beijing' } });
    expect(settingsOf(plan).reading).toEqual({ ...reading, maxSeries: plan.config.reading.maxSeries });
    expect(plan.config.sls).toBeUndefined();
    expect(plan.forgetting).toBe('waited for');
    expect(plan.readPeriodSeconds).toBe(15);
  });

  it('compares cycles after which those before are forgotten', () => {
    const { steadyFrom, riseSeconds, staySeconds, fallSeconds, settleSeconds } = soakPlan(600);
    const cycleSeconds = riseSeconds + staySeconds + fallSeconds + settleSeconds;
    expect((steadyFrom + 1) * cycleSeconds).toBeLessThan(forgettingSeconds);
    expect((steadyFrom + 1) * cycleSeconds + settleSeconds).toBeGreaterThanOrEqual(forgettingSeconds);
  });

  it('has enough cycles to compare, however short', () => {
    for (const seconds of [25, 30, 60, 399, 400, 600, 1200]) {
      const { cycles, steadyFrom } = soakPlan(seconds);
      expect(cycles - steadyFrom).toBeGreaterThanOrEqual(3);
    }
  });

  it('is one that the adapter can be configured with', () => {
    expect(settingsOf(soakPlan(30)).reading).toMatchObject({ refreshSeconds: 1 });
  });
});
