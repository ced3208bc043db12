import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { logLine } from '../../support/access-log.ts';
import { hpaYaml, replay, writeFiles } from './hpa-files.ts';

/** One row a minute: 30 requests/s, then 90, then 30. */
const rows = [1800, 5400, 1800].flatMap((requests) => new Array<number>(10).fill(requests));
const csv = [
  'time,requests',
  ...rows.map((requests, minute) => `${1_700_000_000 + minute * 60},${requests}`),
].join('\n');

const [hpa = '', counts = '', gzipped = ''] = await writeFiles(
  ['hpa.yaml', hpaYaml()],
  ['counts.csv', csv],
  ['counts.csv.gz', gzipSync(csv)],
);

describe('replay --counts', () => {
  it('gives the figures of each startup time, with their spread over the phases', async () => {
    const flags = ['--startup', '30s', '--startup', '3m', '--gpus', '2', '--price', '3', '-o', 'json'];
    const { code, json, stderr } = await replay(['--hpa', hpa, '--counts', counts, ...flags]);
    expect([code, stderr]).toEqual([0, '']);
    const { runs, phases, from, to, limits } = json();
    expect({ phases, from, to }).toEqual({
      phases: 8,
      // The first window and its delay come before.
      from: '2023-11-14T22:13:41Z',
      to: '2023-11-14T22:43:20Z',
    });
    expect(runs.map(({ startupSeconds }) => startupSeconds)).toEqual([30, 180]);
    const [fast, slow] = runs;
    expect(fast?.gpuHours).toBeCloseTo(2 * (fast?.podHours ?? 0), 2);
    expect(fast?.cost).toBeCloseTo(6 * (fast?.podHours ?? 0), 1);
    expect(slow?.podHours).toBe(fast?.podHours);
    expect((slow?.overloadedSeconds ?? 0) - (fast?.overloadedSeconds ?? 0)).toBe(150);
    const { least, most } = fast?.spread['overloadedSeconds'] ?? { least: 0, most: 0 };
    expect(most - least).toBeGreaterThan(10);
    expect(fast?.overloadedSeconds).toBeGreaterThanOrEqual(least);
    // A window that lies across a step reads 6 or so.
    expect(fast?.replicas.map(({ replicas }) => replicas)).toEqual([3, 6, 9, 6, 3]);
    expect(limits.join()).toContain('Demand is what was served');
  });

  it('prints a table with fixed replicas and perfect foresight beside it', async () => {
    const { code, stdout } = await replay(['--hpa', hpa, '--counts', gzipped]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HPA shop\/web, averageValue 10, 1 to 20 replicas, Kubernetes 1.36\n/);
    expect(stdout).toMatch(/SETTING +STARTUP +POD-HOURS +OVERLOADED +UNSERVED +CHANGES\/H/);
    expect(stdout).toMatch(/as it is +1m/);
    expect(stdout).toMatch(/fixed at 9 \(p99\) +1m +4\.4 +0s/);
    expect(stdout).toMatch(/perfect foresight +1m +\d\.\d +0s/);
    expect(stdout).toMatch(/^Why so many, by the share of syncs: [A-Z]\w+ \d+\.\d %, /m);
    expect(stdout).toContain('The requests of each 60 s are taken as evenly spread');
    expect(stdout).toContain('What a replay cannot know:');
  });

  it('differs by the version of Kubernetes only where the controllers do', async () => {
    const at = async (version: string) =>
      (await replay(['--hpa', hpa, '--counts', counts, '--kube-version', version, '-o', 'json'])).json()
        .runs[0]?.podHours;
    expect(await at('1.28')).toBe(await at('1.36'));
    const { code, stderr } = await replay(['--hpa', hpa, '--counts', counts, '--kube-version', '1.37']);
    expect(code).toBe(2);
    expect(stderr).toContain('It must be a version from 1.20 to 1.36.');
  });

  it("says in the controller's words why replicas did not move", async () => {
    const [low = ''] = await writeFiles(['hpa.yaml', hpaYaml({ spec: { maxReplicas: 2 } })]);
    const reasons = async (file: string) =>
      (await replay(['--hpa', file, '--counts', counts, '-o', 'json'])).json().runs[0]?.reasons ?? {};
    const usual = await reasons(hpa);
    expect(Object.values(usual).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
    expect(usual).not.toHaveProperty('TooManyReplicas');
    expect((await reasons(low))['TooManyReplicas']).toBeGreaterThan(0.9);
  });

  it('takes the capacity of a pod from --capacity', async () => {
    const overload = async (...flags: readonly string[]) =>
      (await replay(['--hpa', hpa, '--counts', counts, '-o', 'json', ...flags])).json().runs[0]
        ?.overloadedSeconds ?? Number.NaN;
    expect(await overload('--capacity', '30')).toBe(0);
    expect(await overload('--capacity', '11')).toBe(await overload());
    expect(await overload('--capacity', '9')).toBeGreaterThan(1000);
  });
});

describe('replay --sweep', () => {
  it('recommends an HPA with less overload for no more pod-hours, and prints it', async () => {
    const flags = ['--hpa', hpa, '--counts', counts, '--startup', '30s', '--kube-version', '1.32'];
    const { code, json } = await replay([...flags, '--sweep', '-o', 'json']);
    expect(code).toBe(0);
    const { runs, sweep } = json();
    expect(sweep.settings.length).toBeGreaterThan(200);
    const [present] = runs;
    const { recommendation, front } = sweep;
    expect(recommendation.podHours).toBeLessThanOrEqual(present?.podHours ?? 0);
    expect(recommendation.overloadedSeconds).toBeLessThanOrEqual(present?.overloadedSeconds ?? 0);
    expect(recommendation.reason).toContain('The least overload for no more pod-hours than now');
    expect(front.map(({ podHours }) => podHours)).toContain(recommendation.podHours);
    const [again = ''] = await writeFiles(['again.yaml', JSON.stringify(recommendation.manifest)]);
    const confirmed = await replay([...flags.with(1, again), '-o', 'json']);
    expect(confirmed.json().runs[0]).toMatchObject({
      podHours: recommendation.podHours,
      overloadedSeconds: recommendation.overloadedSeconds,
    });
    const { stdout } = await replay([...flags, '--max-overload', '10m/day', '--price', '2']);
    expect(stdout).toMatch(/No setting does what you asked for|The fewest pod-hours with at most/);
    expect(stdout).toMatch(/\napiVersion: autoscaling\/v2\nkind: HorizontalPodAutoscaler\n/);
  });

  it('says so if it recommends the HPA as it is', async () => {
    const steady = rows.slice(0, 4).map((requests, minute) => `${1_700_000_000 + minute * 60},${requests}`);
    const [file = ''] = await writeFiles(['steady.csv', ['time,requests', ...steady].join('\n')]);
    const flags = ['--startup', '30s', '--kube-version', '1.32', '--sweep'];
    const { stdout } = await replay(['--hpa', hpa, '--counts', file, ...flags]);
    expect(stdout).toContain('No other beats this one:\n');
    expect(stdout).toMatch(/^Recommended \(->\): .* pod-hours; this is the HPA as it is\.$/m);
  });
});

describe('replay --access-log', () => {
  const at = (second: number) =>
    `23/Nov/2026:${14 + Math.floor(second / 3600)}:${String(Math.floor((second % 3600) / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')} +0000`;
  const lines = Array.from({ length: 300 }, (_, second) =>
    Array.from({ length: 20 }, (_, one) =>
      logLine({
        time: at(second),
        upstream: one < 15 ? 'default-web-80' : 'default-other-80',
        requestTime: '0.5',
      }),
    ),
  ).flat();

  it('counts the lines of the route, of a compressed file too', async () => {
    const [log = '', zipped = ''] = await writeFiles(
      ['access.log', lines.join('\n')],
      ['access.log.gz', gzipSync(lines.join('\n'))],
    );
    const outputs = await Promise.all(
      [log, zipped].map((file) => replay(['--hpa', hpa, '--access-log', file, '-o', 'json'])),
    );
    const [plain, unzipped] = outputs.map(({ json }) => json());
    expect(plain?.from).toBe('2026-11-23T14:00:21Z');
    expect(plain?.runs[0]).toMatchObject({ overloadedSeconds: 0, changesPerHour: 0 });
    expect(plain?.runs[0]?.replicas).toEqual([{ time: '2026-11-23T14:00:21Z', replicas: 2 }]);
    expect(unzipped?.runs).toEqual(plain?.runs);
  });

  it('replays the requests in flight, and several routes at once', async () => {
    const [log = '', concurrency = ''] = await writeFiles(
      ['access.log', lines.join('\n')],
      [
        'hpa.yaml',
        hpaYaml({ name: 'sls_ingress_concurrency', target: { type: 'AverageValue', averageValue: 1 } }),
      ],
    );
    // 15 requests of 0.5 s a second.
    const { json } = await replay(['--hpa', concurrency, '--access-log', log, '-o', 'json']);
    expect(json().runs[0]?.replicas[0]?.replicas).toBe(8);
  });
});

describe('replay with wrong input', () => {
  const header = 'time,requests';
  it.each([
    [
      'a gap',
      `${header}\n60,1\n120,1\n240,1`,
      /line 4: 240 comes 120 s after the row above.*write a row for each step, with 0/,
    ],
    ['a time twice', `${header}\n60,1\n60,1`, /line 3: 60 is there twice: add up/],
    ['a wrong order', `${header}\n120,1\n60,1`, /line 3: 60 is before the row above: sort/],
    ['no header', '60,1\n120,1', /line 1: the header must be time,requests, not "60,1"/],
    [
      'a time without a zone',
      `${header}\n2026-11-24 00:00:00,1`,
      /line 2: .* must be Unix seconds or a time with a zone/,
    ],
    ['no number', `${header}\n60,many`, /line 2: "many" must be a number of requests/],
    ['one row', `${header}\n60,1`, /two rows or more are needed/],
    ['too little', `${header}\n60,1\n70,1`, /at least 60 are needed after the first window/],
    ['only zeros', `${header}\n0,0\n600,0`, /no request of default-web-80/],
  ])('says in one line what to write: %s', async (_, text, message) => {
    const [file = ''] = await writeFiles(['counts.csv', text]);
    const { code, stderr, stdout } = await replay(['--hpa', hpa, '--counts', file]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^sls-metrics-adapter: [^\n]*\n$/);
  });

  it.each([
    [
      'no metric of ours',
      { name: 'queue_length' },
      /no metric can be replayed; it has queue_length.*HPA with an External metric of the adapter/,
    ],
    [
      'a latency',
      { name: 'sls_ingress_latency_p95' },
      /no metric can be replayed; it has sls_ingress_latency_p95/,
    ],
    [
      'a Value target',
      { target: { type: 'Value', value: '10' } },
      /does not say what one pod can take. Write it.*--capacity/,
    ],
    [
      'a wrong label',
      { labels: { 'sls.query.interval': '0' } },
      /sls.query.interval.*whole number from 1 to 3600/,
    ],
    [
      'a behavior that the API server refuses',
      { spec: { behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 3600 }] } } } },
      /spec.behavior.scaleUp.policies\[0\].periodSeconds must be a whole number from 1 to 1800, not 3600/,
    ],
  ])('says in one line why the HPA cannot be replayed: %s', async (_, parts, message) => {
    const [file = ''] = await writeFiles(['hpa.yaml', hpaYaml(parts)]);
    const { code, stderr } = await replay(['--hpa', file, '--counts', counts]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^sls-metrics-adapter: [^\n]*\n$/);
  });

  it.each([
    [
      ['--hpa', 'nowhere.yaml', '--counts', counts],
      /--hpa nowhere.yaml: there is no such file.*NAMESPACE\/NAME/,
    ],
    [['--hpa', hpa, '--counts', 'nowhere.csv'], /nowhere.csv: there is no such file/],
    [['--hpa', hpa, '--access-log', counts], /lines are not in ACK's form/],
    [
      ['--hpa', hpa, '--region', 'cn-beijing', '--project', 'k8s-log-x', '--logstore', 'nginx-ingress'],
      /the time to replay is missing.*--last 24h/,
    ],
    [['--hpa', hpa, '--counts', counts, '--last', '1h'], /--last needs neither --from, --to nor a file/],
    [['--hpa', hpa, '--counts', counts, '--from', 'yesterday'], /--from "yesterday" is no time with a zone/],
  ])('says in one line what is wrong with the flags: %j', async (flags, message) => {
    const { code, stderr } = await replay(flags);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^sls-metrics-adapter: [^\n]*\n$/);
  });
});
