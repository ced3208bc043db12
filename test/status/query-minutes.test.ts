import { expect, it } from 'vitest';
import { QueryMinutes } from '../../src/status/query-minutes.ts';

const minute = 60_000;

const none = { reads: 0, served: 0, meanAgeSeconds: 0, due: 0, cold: 0, ok: 0, failed: {} };

it('counts reads, and queries by outcome, for each minute', () => {
  const minutes = new QueryMinutes();
  minutes.query('ok', 10 * minute);
  minutes.query('SlsThrottled', 10 * minute + 1);
  minutes.query('SlsThrottled', 10 * minute + 59_999);
  minutes.query('Canceled', 10 * minute);
  minutes.read(undefined, 12 * minute);
  expect(minutes.last(60, 12 * minute)).toEqual([
    { ...none, startSeconds: 600, ok: 1, failed: { SlsThrottled: 2 } },
    { ...none, startSeconds: 720, reads: 1 },
  ]);
  expect(minutes.last(2, 12 * minute)).toHaveLength(1);
});

it('counts queries by what they were sent for, and averages the age of readings at their reads', () => {
  const minutes = new QueryMinutes();
  for (const reason of ['due', 'due', 'read'] as const) minutes.batch(reason, minute);
  for (const ageMs of [6000, 7000, undefined, 11_000]) minutes.read(ageMs, minute);
  expect(minutes.last(1, minute)).toEqual([
    { ...none, startSeconds: 60, reads: 4, served: 3, meanAgeSeconds: 8, due: 2, cold: 1 },
  ]);
});

it('keeps the last hour, and goes on counting after the clock is set back', () => {
  const minutes = new QueryMinutes();
  for (let index = 0; index < 100; index++) minutes.query('ok', index * minute);
  expect(minutes.last(1000, 99 * minute)).toHaveLength(60);
  minutes.query('ok', 50 * minute);
  expect(minutes.last(1, 99 * minute)).toMatchObject([{ startSeconds: 99 * 60, ok: 2 }]);
});
