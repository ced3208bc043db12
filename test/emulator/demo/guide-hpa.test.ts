import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GuideHpa } from '../../../emulator/demo/guide-hpa.ts';
import { SeenTraffic } from '../../../emulator/demo/seen-traffic.ts';

describe("the guide's HPA in the demo", () => {
  it('syncs every 15 s, by its policies and windows', () => {
    const hpa = new GuideHpa();
    expect(hpa.replicas(78, 0)).toBe(3);
    expect(hpa.replicas(78, 14_000)).toBe(3);
    expect(hpa.replicas(78, 15_000)).toBe(3);
    expect(hpa.replicas(78, 31_000)).toBe(6);
    expect(hpa.replicas(78, 62_000)).toBe(8);
    // Fewer only after 5 minutes, one a minute.
    expect(hpa.replicas(5, 77_000)).toBe(8);
    expect(hpa.replicas(5, 361_000)).toBe(8);
    expect(hpa.replicas(5, 378_000)).toBe(7);
    expect(hpa.replicas(undefined, 393_000)).toBe(7);
  });
});

describe('the traffic that the demo keeps for a replay', () => {
  it('counts the requests of the route by the second', async () => {
    const kept: number[] = [];
    const sink = { append: (records: readonly unknown[]) => Promise.resolve(void kept.push(records.length)) };
    const seen = new SeenTraffic(sink, 'default-web-80');
    const line = (timeSeconds: number, route: string) => ({
      timeSeconds,
      fields: { proxy_upstream_name: route },
    });
    await seen.append([line(1000, 'default-web-80'), line(1000, 'default-web-80'), line(1001, 'other')]);
    const file = join(await mkdtemp(join(tmpdir(), 'seen-')), 'counts.csv');
    expect(await seen.write(file)).toBe(false);
    await seen.append([line(1120, 'default-web-80')]);
    expect(await seen.write(file)).toBe(true);
    const rows = (await readFile(file, 'utf8')).trim().split('\n');
    expect(rows.slice(0, 3)).toEqual(['time,requests', '1000,2', '1001,0']);
    expect(rows).toHaveLength(121);
    expect(kept).toEqual([3, 1]);
  });
});
