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

it('a number from the first seconds of a stop is not served as the last good one once silence is noticed', async () => {
  const logs = stoppedLogs();
  const { read } = startAdapter(logs, { fixedDelaySeconds: 10 });
  const series = seriesWith({ route: undefined });
  logs.clock.advance(-8000);
  expect((await read(series)).value).toBe((9 * 13) / 15);
  logs.clock.advance(8000);
  await expect(read(series)).rejects.toMatchObject({ code: 'LogstoreSilent' });
});

it('a number from before a stop is served as the last good one', async () => {
  const logs = stoppedLogs();
  const { read } = startAdapter(logs, { fixedDelaySeconds: 10 });
  const series = seriesWith({ route: undefined });
  logs.clock.advance(-21_000);
  expect((await read(series)).value).toBe(9);
  logs.clock.advance(21_000);
  expect(await read(series)).toEqual({ value: 9, source: 'stale' });
});

describe('the end of a silence', () => {
  it('is trusted once lines that were held up have had their usual time to come', async () => {
    const logs = stoppedLogs();
    const { read, events } = startAdapter(logs, { fixedDelaySeconds: 10 });
    const series = seriesWith({ route: undefined });
    const readNow = () =>
      read(series).then(
        ({ value }) => value,
        () => 'error',
      );
    expect(await readNow()).toBe('error');
    const backSeconds = logs.clock.nowSeconds;
    // One of three collectors brings its lines at once, the others 3 s later.
    for (let second = 120; second < 160; second++) {
      logs.log(logs.startSeconds + second, 'web', 3);
      logs.log(logs.startSeconds + second, 'shop', 6);
    }
    logs.heldUntil = (_, route) => backSeconds + (route === 'web' ? 0 : 3);
    const readings = [];
    for (let second = 0; second < 8; second++) {
      logs.clock.advance(1000);
      readings.push(await readNow());
    }
    expect(readings).toEqual(['error', 'error', 'error', 'error', 'error', 'error', 9, 9]);
    expect(events).toEqual(['began at 140', 'ended at 147']);
  });
});
