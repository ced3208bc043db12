import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ledger } from '../../src/sls/assumptions/ledger.ts';
import { computes, refuses } from '../sls/assumptions/difference.ts';
import { createHealthySetup, type HealthySetup } from './healthy-setup.ts';

let setup: HealthySetup;
beforeAll(async () => {
  setup = await createHealthySetup();
  setup.dependencies = { assumptions: ledger() };
});
afterAll(() => setup[Symbol.asyncDispose]());
beforeEach(() => setup.emulator.differ({}));

const result = async () => (await setup.examine()).find(({ check }) => check === 'assumptions');

describe('the check assumptions of doctor', () => {
  it('asks SLS about every entry that any logstore shows, and lists all entries', async () => {
    const before = setup.emulator.stats().queries;
    const { status, found, entries = [] } = (await result()) ?? {};
    const asked = ledger().filter((entry) => entry.asked === 'by doctor');
    expect(status).toBe('ok');
    expect(found).toMatch(
      new RegExp(`^SLS computes as assumed: ${asked.length} of ${asked.length}, in 20 queries$`),
    );
    expect(entries).toHaveLength(ledger().length);
    expect(entries).toContainEqual(expect.objectContaining({ id: 'integer-division', result: 'as assumed' }));
    expect(entries).toContainEqual(expect.objectContaining({ id: 'range-ends', result: 'not asked' }));
    expect(setup.emulator.stats().peakConcurrency).toBeLessThan(15);
    expect(setup.emulator.stats().queries - before).toBeLessThan(50);
  });

  it('names a difference with its consequence', async () => {
    setup.emulator.differ({
      query: (query) =>
        query.query.includes('avg(x)')
          ? (computes('avg(x)', 'sum(x) / count(*)').query?.(query) ?? query)
          : query,
    });
    const { status, found, remedy, entries } = (await result()) ?? {};
    expect(status).toBe('failed');
    expect(found).toContain(
      'avg-null: `avg` leaves out NULL, also in the number that it divides by. Expected: avg(x) is 0.625. Found: 0.5. What it means: Average latencies would be too low.',
    );
    expect(remedy).toContain('Do not trust readings');
    expect(entries).toContainEqual(
      expect.objectContaining({ id: 'avg-null', result: 'differs', found: '0.5' }),
    );
  });

  it('says once what SLS refuses for several entries', async () => {
    const refusal = refuses('Function split_part not registered');
    setup.emulator.differ({
      outcome: (outcome, query) =>
        query.query.includes('AS upstream_time_lines')
          ? (refusal.outcome?.(outcome, query) ?? outcome)
          : outcome,
    });
    const { found = '' } = (await result()) ?? {};
    expect(found.split('\n')).toHaveLength(2);
    expect(found).toMatch(
      /metric-qps: .*split_part.* The same answer to: metric-requests, .*metric-upstream-latency-p99\.$/,
    );
  });

  it('is no failure if SLS is busy', async () => {
    setup.emulator.differ({
      query: (query) => ({ ...query, partial: query.query.includes('approx_percentile(x, 0.99)') }),
      outcome: (outcome, query) => ({
        ...outcome,
        complete: !query.query.includes('approx_percentile(x, 0.99)'),
      }),
    });
    const { status, found } = (await result()) ?? {};
    expect(status).toBe('warn');
    expect(found).toMatch(/^SLS computes as assumed: \d+ of \d+, then no answer: SlsIncomplete/);
  });
});
