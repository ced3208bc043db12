import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchQueries } from '../../../bench/sls/query-watch.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { startEmulator } from '../../../emulator/emulator.ts';
import { nginxIngressIndex, type FieldType } from '../../../emulator/store/index-config.ts';
import { fakeIo } from '../../support/fake-io.ts';
import { waitFor } from '../../support/wait-for.ts';

/** The SDK signs with the system's clock. Everything else uses this clock, which stands still. */
const nowSeconds = Math.floor(Date.now() / 1000);
const clock = { now: () => nowSeconds * 1000 + 400 };
const end = nowSeconds - 10;
const stamp = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000', '');

const { ...fields } = nginxIngressIndex.fields as Record<string, FieldType>;
delete fields['proxy_alternative_upstream_name'];
const emulator = await startEmulator({
  logstores: [
    { project: 'k8s-log-c1', logstore: 'nginx-ingress' },
    { project: 'k8s-log-c1', logstore: 'old', index: { fields } },
  ],
  clock,
});
const directory = mkdtempSync(join(tmpdir(), 'explain-'));
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await emulator.stop();
});

const lines = (route: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    timeSeconds: end - 1 - (index % 16),
    fields: { proxy_upstream_name: route, status: '200' },
  }));
for (const logstore of ['nginx-ingress', 'old'])
  await emulator
    .sink('k8s-log-c1', logstore)
    .append([...lines('default-web-80', 126), ...lines('shop-web-80', 1)]);

/** Texts and time ranges of the queries that the emulator received, in order. */
const received: (readonly [text: string, fromSeconds: number, toSeconds: number])[] = [];
const stopWatching = watchQueries(({ text, fromSeconds, toSeconds }) =>
  received.push([text, fromSeconds, toSeconds]),
);
afterAll(stopWatching);
beforeEach(() => {
  received.length = 0;
});
afterEach(() => emulator.setFaults({}));

const where = 'sls.project=k8s-log-c1,sls.logstore=nginx-ingress,sls.query.interval=16';

async function explain(labels: string, flags: readonly string[] = [], file = '{}') {
  const fake = fakeIo(undefined, clock);
  const config = join(directory, 'config.yaml');
  writeFileSync(config, file);
  const argv = ['explain', 'sls_ingress_qps', '--config', config, '--sls-endpoint', emulator.url];
  const code = await runProgram([...argv, '--selector', `${where}${labels}`, ...flags], fake.io);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

async function explainJson(labels: string, flags: readonly string[] = [], file?: string) {
  const { code, stdout } = await explain(labels, ['-o', 'json', ...flags], file);
  return { code, json: JSON.parse(stdout) as Record<string, unknown> };
}

const route = ',sls.ingress.route=default-web-80';

describe('explain', () => {
  it('shows the query without sending it', async () => {
    const { code, stdout, stderr } = await explain(route);
    expect([code, stderr, received]).toEqual([0, '', []]);
    const shown = stdout.split('\n').map((line) => line.trimEnd());
    expect(shown.slice(0, 13)).toEqual([
      'metric     sls_ingress_qps, requests/s: Requests per second of an nginx-ingress route',
      'routes     default-web-80',
      'filters    none',
      `endpoint   ${emulator.url} (sls.endpoint)`,
      'project    k8s-log-c1',
      'logstore   nginx-ingress',
      `window     ${stamp(end - 16)} to ${stamp(end)}, end excluded: 16 s that end 10 s before ${stamp(nowSeconds)}`,
      'delay      10 s (reading.delay.initialSeconds; a running adapter learns the delay, 2 to 60 s, and logs it)',
      'freshness  served from memory for 10 s, refreshed before reads that are due; if SLS fails, served until it is 60 s old',
      'retries    at most 5, within 20 s',
      'access     namespace default may read it, since there are no rules',
      'readers    every namespace',
      'shared     one query with all nginx-ingress metrics of the same project, logstore, window, filters and endpoint, for any route; it counts the ones that are read by name, or every route if more than 5 are read within 15 s',
    ]);
    expect(shown).toContain('  GROUP BY effective_route');
  });

  it('sends with --run exactly the query that it shows, and shows the result', async () => {
    const { code, stdout, stderr } = await explain(route, ['--run']);
    expect([code, stderr]).toEqual([0, '']);
    await waitFor(() => received.length > 0, 'the query has ended');
    expect(received).toHaveLength(1);
    const [[text, ...range] = ['']] = received;
    const [, block = ''] = /^Query, for [^\n]*:\n\n([^]*?)\n\n/m.exec(stdout) ?? [];
    expect(block.replaceAll(/\s+/g, ' ').trim()).toBe(text);
    const minutes = [Math.floor((end - 16) / 60), Math.ceil(end / 60)];
    expect(range).toEqual(minutes.map((minute) => minute * 60));
    expect(stdout).toContain(`Query, for ${end - 16} to ${end} (Unix seconds):`);
    expect(stdout).toMatch(
      /^query 1: Complete after \d+ ms, \d+ ms in SLS, 126 lines, \d+ bytes read, 1 row, request [0-9A-F]+$/m,
    );
    expect(stdout).toMatch(/^ +__source__ .* effective_route +requests +newest_second$/m);
    expect(stdout).toMatch(/ default-web-80 +126 +\d+$/m);
    expect(stdout).toMatch(/^default-web-80 +7\.875 +requests\/s +7875m /m);
  });

  it('shows the test of an adaptive window, and which span is the window', async () => {
    const adaptive = `${route},sls.query.window=adaptive`;
    const shown = await explain(adaptive);
    expect(shown.stdout).toContain(
      '\nadaptive   the last 3, 5, 8 or 12 s of the window instead, if their requests rise',
    );
    expect(shown.stdout).toContain(`Query, for ${end - 60} to ${end} (Unix seconds):`);
    expect(shown.stdout).toContain('AS last_60');
    const { stdout } = await explain(adaptive, ['--run']);
    expect(stdout).toMatch(/^ +ROUTE +LAST +LINES +LLR +DISPERSION +EVIDENCE$/m);
    expect(stdout).toMatch(/^ +default-web-80 +12s +\d+ +\d+\.\d +\d+\.\d +\d+\.\d +the window$/m);
    const { json } = await explainJson(adaptive, ['--run']);
    const spans = [3, 5, 8, 12].map(
      (seconds) => expect.objectContaining({ seconds, evidence: expect.any(Number) as number }) as unknown,
    );
    expect(json).toMatchObject({
      windowMode: 'adaptive',
      run: { riseTests: { enoughEvidence: 8.7, items: [{ spans }] } },
    });
    expect((await explainJson(route, ['--run'])).json['run']).not.toHaveProperty('riseTests');
  });

  it('prints the same as JSON, with the reading as the API answers it', async () => {
    const { code, json } = await explainJson(route, ['--run']);
    await waitFor(() => received.length > 0, 'the query has ended');
    expect(code).toBe(0);
    expect(json).toMatchObject({
      metric: 'sls_ingress_qps',
      routes: ['default-web-80'],
      window: { fromSeconds: end - 16, toSeconds: end, plannedAt: stamp(nowSeconds) },
      delay: { seconds: 10, from: 'start value' },
      access: { allowed: true, allowedBy: [] },
      batch: { logKind: 'nginx-ingress', scope: 'routes', everyRoute: false },
      query: received[0]?.[0],
      run: {
        queries: [
          {
            query: received[0]?.[0],
            progress: 'Complete',
            processedRows: 126,
            processedBytes: 126 * 400,
            rowCount: 1,
          },
        ],
        reading: { kind: 'ExternalMetricValueList', items: [{ value: '7875m' }] },
      },
    });
  });

  it('shows both queries for a logstore that lacks the column of canaries', async () => {
    const selector = `sls.project=k8s-log-c1,sls.logstore=old${route}`;
    const { code, json } = await explainJson('', ['--run', '--selector', selector]);
    expect(code).toBe(0);
    await waitFor(() => received.length > 1, 'both queries have ended');
    expect(received.map(([text]) => text)).toEqual([json['query'], json['queryWithoutCanaryColumn']]);
    const [first, second] = (json['run'] as { queries: readonly object[] }).queries;
    expect(first).toMatchObject({ error: { code: 'IndexMissing' } });
    expect(second).toMatchObject({ progress: 'Complete', rowCount: 1 });
  });

  it('shows every attempt, and fails like the read', async () => {
    emulator.setFaults({ incomplete: true });
    const { code, stdout, stderr } = await explain(`${route},sls.query.max_retry=1`, ['--run']);
    expect(code).toBe(1);
    expect(stdout.match(/^query \d: Incomplete after \d+ ms$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^ {2}SLS, project k8s-log-c1, logstore nginx-ingress: the result is incomplete/m);
    expect(stderr).toMatch(
      /^sls-metrics-adapter: SLS, [^\n]*incomplete[^\n]*\. A shorter sls\.query\.interval [^\n]*\n$/,
    );
  });

  it.each([
    ['the label', ',sls.query.delay=7', '{}', { seconds: 7, from: 'label' }],
    ['the configuration', '', 'reading: { delaySeconds: 30 }', { seconds: 30, from: 'configuration' }],
    ['the label first', ',sls.query.delay=0', 'reading: { delaySeconds: 30 }', { seconds: 0, from: 'label' }],
    [
      'the initial value',
      '',
      'reading: { delay: { initialSeconds: 20 } }',
      { seconds: 20, from: 'start value' },
    ],
  ])('shows that the delay comes from %s', async (_, labels, file, delay) => {
    const { json } = await explainJson(labels, [], file);
    expect(json['delay']).toEqual(delay);
    expect(json['window']).toMatchObject({ toSeconds: nowSeconds - delay.seconds });
  });

  it('shows the endpoint and the setting that it comes from', async () => {
    const region =
      'sls: { region: cn-beijing, endpoint: "http://127.0.0.1:9" }\nprojects: [{ project: k8s-log-c1, sls: { network: intranet } }]';
    const { json } = await explainJson('', [], region);
    expect(json['endpoint']).toEqual({
      url: 'https://cn-beijing-intranet.log.aliyuncs.com',
      from: 'sls.region, sls.network',
    });
    const { json: internal } = await explainJson(',sls.internal.endpoint=false', [], region);
    expect(internal['endpoint']).toEqual({
      url: 'https://cn-beijing.log.aliyuncs.com',
      from: 'sls.internal.endpoint',
    });
  });
});

describe('explain with access rules', () => {
  const rules = `
access:
  rules:
    - { name: own, namespaces: ['*'], routes: ['{namespace}-*'] }
`;

  it('shows the rule that allows a read', async () => {
    const { code, stdout } = await explain(route, [], rules);
    expect(code).toBe(0);
    expect(stdout).toContain('access     namespace default may read it, by rule "own"\n');
    expect(stdout).toContain('readers    default, default-web (rule "own")\n');
  });

  it('sends nothing for a refused read, and shows what refuses it', async () => {
    const { code, stdout, stderr } = await explain(route, ['--run', '--namespace', 'shop'], rules);
    expect([code, received]).toEqual([1, []]);
    expect(stdout).toMatch(/^access {5}the adapter refuses this read: by access rule "own", /m);
    expect(stdout).toContain('readers    default, default-web (rule "own")\n');
    expect(stderr).toMatch(
      /^sls-metrics-adapter: the adapter refuses this read: by access rule "own"[^\n]*\n$/,
    );
  });
});
