import { describe, expect, it } from 'vitest';
import { play } from './play.ts';
import { scenarios } from './scenarios.ts';

describe('what is read when', () => {
  it.each(scenarios)('$title', async (scenario) => {
    const { readings, events, extraQueries } = await play(scenario);
    const wrong = readings.filter(({ at, outcome }) => {
      const phase = scenario.expected.findLast(([from]) => at >= from);
      const [, ...outcomes] = phase ?? [0];
      return !outcomes.includes(outcome);
    });
    expect(wrong).toEqual([]);
    if (scenario.events !== undefined) expect(events).toEqual(scenario.events);
    expect(extraQueries).toBeLessThanOrEqual(scenario.mostExtraQueries ?? Infinity);
  });
});
