import { describe, expect, it } from 'vitest';
import { reportPage, timeColumns } from '../../src/replay/report.ts';

describe('the page of a report', () => {
  it('is one file whose data cannot become markup', async () => {
    const page = await reportPage({ title: '</script><script>alert(1)</script>$&' });
    expect(page).not.toContain('</script><script>alert');
    expect(page).toContain(String.raw`\u003c/script>\u003cscript>alert(1)\u003c/script>$&`);
    expect(page).not.toMatch(/(src|href)="?https?:/);
    expect(page).toContain('Permission is hereby granted, free of charge');
  });

  it('shows the most that was needed and the fewest ready pods in each part of the time', () => {
    const needed = Float64Array.from({ length: 3000 }, (_, second) => (second < 1000 ? 1 : 3));
    const changes = [
      [0, 1],
      [1010, 3],
    ] as const;
    const readings = { syncs: Float64Array.of(0, 1010), usagesMilli: [Float64Array.of(10_000, 30_000)] };
    const columns = timeColumns({ changes }, readings, { needed, startupSeconds: 60 }, 100, 10);
    expect(columns.times).toHaveLength(1500);
    expect([columns.times[0], columns.times[1]]).toEqual([100, 102]);
    const at = (second: number) => {
      const index = second / 2;
      const { demand, reading, replicas, ready, overloaded } = columns;
      return [demand[index], reading[index], replicas[index], ready[index], overloaded[index]];
    };
    expect(at(998)).toEqual([10, 10, 1, 1, 0]);
    expect(at(1000)).toEqual([30, 10, 1, 1, 2]);
    expect(at(1010)).toEqual([30, 30, 3, 1, 2]);
    expect(at(1070)).toEqual([30, 30, 3, 3, 0]);
  });
});
