import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { seriesWith } from '../series.ts';
import { SimulatedLogs, startAdapter } from './simulated-logs.ts';

/** A logstore that had 9 lines a second for two minutes, and none for 20 s. */
function stoppedLogs(): SimulatedLogs {
  const logs = new SimulatedLogs();
  for (let second = 0; second < 120; second++) logs.log(logs.startSeconds + second, 'web', 9);
  logs.clock.advance(140_000);
  return logs;
}

describe('the count of the lines of a logstore', () => {
  it('fails the reading with its own error, so that it is no 0', async () => {
    const logs = stoppedLogs();
    logs.countFailure = new AdapterError('QueryRefused', 'no count');
    const { read } = startAdapter(logs, { fixedDelaySeconds: 10 });
    await expect(read(seriesWith({ route: undefined }))).rejects.toMatchObject({ code: 'QueryRefused' });
  });

  it('is one for all series that wait for it, and is repeated every 10 s while the logstore is silent', async () => {
    const logs = stoppedLogs();
    const { read } = startAdapter(logs, { fixedDelaySeconds: 10 });
    const all = [15, 16, 20, 30].map((intervalSeconds) => seriesWith({ route: undefined, intervalSeconds }));
    for (let second = 0; second < 30; second += 2) {
      const outcomes = await Promise.allSettled(all.map(read));
      expect(outcomes.map(({ status }) => status)).toEqual(all.map(() => 'rejected'));
      logs.clock.advance(2000);
    }
    expect(logs.counts).toBe(3);
  });
});
