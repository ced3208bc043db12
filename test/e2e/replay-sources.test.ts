import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../../emulator/emulator.ts';
import { parseAckLine } from '../../emulator/ingest/forms/ack-form.ts';
import { formatLogTime } from '../../emulator/ingest/forms/log-time.ts';
import { hpaYaml, replay, writeFiles } from '../cli/replay/hpa-files.ts';
import { seeded } from '../support/seeded.ts';
import { logLine } from '../support/access-log.ts';

const project = 'k8s-log-c1';
const nowSeconds = Math.floor(Date.now() / 1000);
const clock = { now: () => nowSeconds * 1000 };
const [startSeconds, endSeconds] = [nowSeconds - 960, nowSeconds - 60];
const runs = 4;
/** One for each run, so that no line of another is in it. */
const logstores = Array.from({ length: runs }, (_, index) => `run-${index}`);
const emulator = await startEmulator({
  logstores: [...logstores, 'late'].map((logstore) => ({ project, logstore })),
  clock,
});
afterAll(() => emulator.stop());

/** Lines of several routes, with canaries, retries, hosts and errors. */
function randomLines(seed: number): string[] {
  const random = seeded(seed);
  const pick = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const lines: string[] = [];
  let rate = 3;
  for (let second = startSeconds; second < endSeconds; second++) {
    if (random() < 0.02) rate = pick(0, 1, 3, 8, 20);
    for (let count = Math.round(rate * 2 * random()); count > 0; count--) {
      const isRetried = random() < 0.1;
      lines.push(
        logLine({
          time: `${formatLogTime(second)} +0000`,
          request: random() < 0.01 ? '-' : `${pick('GET', 'POST')} /a HTTP/1.1`,
          status: pick('200', '200', '200', '404', '502', '000'),
          requestTime: (random() * 2).toFixed(3),
          upstream: pick('default-web-80', 'default-web-80', 'default-other-80', '', '-'),
          upstreamAddress: isRetried ? '10.0.0.1:80, 10.0.0.2:80' : '10.0.0.1:80',
          upstreamTime: isRetried ? '0.1, 0.2' : '0.1',
          upstreamStatus: isRetried ? '502, 200' : '200',
          upstreamLength: isRetried ? '0, 5' : '5',
          host: pick('a.example.com', 'b.example.com'),
          alternative: random() < 0.1 ? 'default-canary-80' : '',
        }),
      );
    }
  }
  // A file begins and ends with a line that can be read. SLS is known to have none before.
  const lineAt = (second: number) =>
    logLine({ time: `${formatLogTime(second)} +0000`, upstream: 'default-other-80' });
  return [lineAt(startSeconds), ...lines, lineAt(endSeconds - 1)];
}

const range = (from: number, to: number) => [
  ...[
    '--from',
    String(from),
    '--to',
    String(to),
    '--startup',
    '30s',
    '-o',
    'json',
    '--delay',
    '3',
    '--downscale-stabilization',
    '30s',
  ],
  ...['--project', project],
];

/** What one replica takes: few enough that the replicas change. */
const targets: Readonly<Record<string, string>> = {
  sls_ingress_qps: '2',
  sls_ingress_concurrency: '300m',
  sls_ingress_inflow: '600',
};

async function replayBoth(
  lines: readonly string[],
  logstore: string,
  name: string,
  labels: Readonly<Record<string, string>>,
) {
  const records = lines.flatMap((line) => {
    const read = parseAckLine(line);
    return read.kind === 'record' ? [read.record] : [];
  });
  await emulator.sink(project, logstore).append(records);
  const target = { type: 'AverageValue', averageValue: targets[name] };
  const [log = '', hpa = ''] = await writeFiles(
    ['access.log', lines.join('\n')],
    ['hpa.yaml', hpaYaml({ labels, name, target })],
  );
  const shared = [
    '--hpa',
    hpa,
    '--logstore',
    logstore,
    '--forecast',
    ...range(startSeconds + 100, endSeconds),
  ];
  const fromFile = await replay([...shared, '--access-log', log], clock);
  const fromSls = await replay([...shared, '--sls-endpoint', emulator.url], clock);
  return { fromFile, fromSls };
}

describe('replay from SLS', () => {
  const metric = fc.constantFrom<readonly [string, Readonly<Record<string, string>>]>(
    ['sls_ingress_qps', {}],
    ['sls_ingress_qps', { 'sls.ingress.host': 'a.example.com', 'sls.query.window': 'adaptive' }],
    ['sls_ingress_qps', { 'sls.ingress.method': 'GET', 'sls.query.interval': '60' }],
    ['sls_ingress_concurrency', { 'sls.ingress.status': '5xx', 'sls.query.interval': '30' }],
    ['sls_ingress_inflow', {}],
  );

  it('gives the figures of a replay of the same access log', async () => {
    const unused = [...logstores];
    let changes = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), metric, async (seed, [name, labels]) => {
        const logstore = unused.pop() ?? '';
        const { fromFile, fromSls } = await replayBoth(randomLines(seed), logstore, name, labels);
        expect([fromFile.stderr, fromSls.stderr]).toEqual(['', '']);
        expect(fromSls.json().runs).toEqual(fromFile.json().runs);
        expect(fromSls.json().withForecast).toEqual(fromFile.json().withForecast);
        changes += fromFile.json().runs[0]?.replicas.length ?? 0;
      }),
      {
        ...{ numRuns: runs, endOnFailure: true },
        examples: [
          // No line came for 26 s.
          [
            1675820495,
            ['sls_ingress_qps', { 'sls.ingress.host': 'a.example.com', 'sls.query.window': 'adaptive' }],
          ],
          // No line came in the first second that the first window needs.
          [26, ['sls_ingress_concurrency', { 'sls.ingress.status': '5xx', 'sls.query.interval': '30' }]],
        ],
      },
    );
    expect(changes).toBeGreaterThan(2 * runs);
  });

  it('says where the log begins if its retention is shorter than the time', async () => {
    const lines = Array.from({ length: 60 }, (_, second) => ({
      timeSeconds: endSeconds - 60 + second,
      fields: { proxy_upstream_name: 'default-web-80', status: '200' },
    }));
    await emulator.sink(project, 'late').append(lines);
    const [hpa = ''] = await writeFiles(['hpa.yaml', hpaYaml()]);
    const shared = ['--hpa', hpa, '--logstore', 'late', '--sls-endpoint', emulator.url];
    const tooLong = await replay([...shared, ...range(endSeconds - 3 * 3600, endSeconds)], clock);
    expect(tooLong.stderr).toMatch(
      /^sls-metrics-adapter: project k8s-log-c1, logstore late: the log has no line before [-\dT:.]+Z. Begin later, for example --from [-\dT:.]+Z. \(\w+\)\n$/,
    );
    const empty = await replay([...shared, ...range(endSeconds - 7200, endSeconds - 3600)], clock);
    expect(empty.stderr).toContain('the log has no line of any route in that time');
  });
});
