import { expect, it } from 'vitest';
import { QueryMinutes } from '../../src/status/query-minutes.ts';

const minute = 60_000;

it('counts reads, and queries by outcome, for each minute', () => {
  const minutes = new QueryMinutes();
  minutes.query('ok', 10 * minute);
  minutes.query('SlsThrottled', 10 * minute + 1);
  minutes.query('SlsThrottled', 10 * minute + 59_999);
  minutes.query('Canceled', 10 * minute);
  minutes.read(12 * minute);
  expect(minutes.last(60, 12 * minute)).toEqual([
    { startSeconds: 600, reads: 0, ok: 1, failed: { SlsThrottled: 2 } },
    { startSeconds: 720, reads: 1, ok: 0, failed: {} },
  ]);
  expect(minutes.last(2, 12 * minute)).toHaveLength(1);
});

it('keeps the last hour, and goes on counting after the clock is set back', () => {
  const minutes = new QueryMinutes();
  for (let index = 0; index < 100; index++) minutes.query('ok', index * minute);
  expect(minutes.last(1000, 99 * minute)).toHaveLength(60);
  minutes.query('ok', 50 * minute);
  expect(minutes.last(1, 99 * minute)).toMatchObject([{ startSeconds: 99 * 60, ok: 2 }]);
});
