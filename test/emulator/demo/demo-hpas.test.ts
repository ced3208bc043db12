import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { demoHpas, ScaledDeployment } from '../../../emulator/demo/demo-hpas.ts';
import { SeenTraffic } from '../../../emulator/demo/seen-traffic.ts';
import { demoRoutes } from '../../../emulator/traffic/routes.ts';

describe('the HPAs of the demo', () => {
  const [guide] = demoHpas();
  if (guide === undefined) throw new Error('there is no HPA');

  it("sync every 15 s, by their policies and windows, and say so in the controller's words", () => {
    const deployment = new ScaledDeployment(guide);
    const at = (seconds: number, qps: number) => {
      const { replicas, reason } = deployment.sync(qps, seconds * 1000);
      return [replicas, reason];
    };
    expect(at(0, 78)).toEqual([3, 'ScaleUpLimit']);
    expect(at(14, 5)).toEqual([3, 'ScaleUpLimit']);
    expect(at(15, 78)).toEqual([3, 'ScaleUpLimit']);
    expect(at(31, 78)).toEqual([6, 'ScaleUpLimit']);
    expect(at(62, 78)).toEqual([8, 'SucceededRescale']);
    // Fewer only after 5 minutes, one a minute.
    expect(at(77, 5)).toEqual([8, 'ScaleDownStabilized']);
    expect(at(361, 5)).toEqual([8, 'ScaleDownStabilized']);
    expect(at(378, 5)).toEqual([7, 'ScaleDownLimit']);
  });

  it('writes the events of kubectl describe once', () => {
    const deployment = new ScaledDeployment(guide);
    expect(deployment.sync(20, 0).events).toEqual([
      expect.stringMatching(
        /^default\/bert-tfserving-eci-hpa SuccessfulRescale: New size: 2; reason: external metric sls_ingress_qps\(.*\) above target$/,
      ),
    ]);
    expect(deployment.sync(20, 1000).events).toEqual([]);
    const failed = deployment.sync({ error: 'SLS is down' }, 16_000);
    expect(failed).toMatchObject({ replicas: 2, reason: 'FailedGetExternalMetric' });
    expect(failed.events[0]).toMatch(/: unable to fetch metrics from external metrics API: SLS is down$/);
  });

  it('scale the routes of its traffic', () => {
    expect(demoHpas().map(({ route }) => route)).toEqual(demoRoutes().map(({ name }) => name));
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
