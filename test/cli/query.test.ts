import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { startEmulator } from '../../emulator/emulator.ts';
import { fakeIo, someCredentials } from '../support/fake-io.ts';

/** The SDK signs with the system's clock. Everything else uses this clock, which stands still. */
const nowSeconds = Math.floor(Date.now() / 1000);
const clock = { now: () => nowSeconds * 1000 + 400 };
const [id, secret] = [
  someCredentials.ALIBABA_CLOUD_ACCESS_KEY_ID,
  someCredentials.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
];

const emulator = await startEmulator({
  logstores: ['nginx-ingress', 'stopped'].map((logstore) => ({ project: 'k8s-log-c1', logstore })),
  accessKey: { id, secret },
  clock,
});
afterAll(() => emulator.stop());

/** Up to the end of the window: 63 requests in 8 s to one route, one request in 16 s to another. */
const end = nowSeconds - 10;
const stamp = new Date(end * 1000).toISOString().replace('.000', '');
const lines = (route: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    timeSeconds: end - 1 - (index % 16),
    fields: { proxy_upstream_name: route, proxy_alternative_upstream_name: '', status: '200' },
  }));
await emulator
  .sink('k8s-log-c1', 'nginx-ingress')
  .append([
    ...lines('default-web-80', 126),
    ...lines('shop-web-80', 1),
    { timeSeconds: end - 600, fields: { proxy_upstream_name: 'shop-quiet-80', status: '200' } },
  ]);

const where = 'sls.project=k8s-log-c1,sls.logstore=nginx-ingress,sls.query.interval=16';

async function query(
  labels: string,
  flags: readonly string[] = [],
  env: Record<string, string> = someCredentials,
) {
  const fake = fakeIo(env, clock);
  const argv = [
    'query',
    'sls_ingress_qps',
    '--sls-endpoint',
    emulator.url,
    '--selector',
    `${where}${labels}`,
  ];
  const code = await runProgram([...argv, ...flags], fake.io);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

describe('query', () => {
  it('warns about a read that access refuses, and reads it nevertheless', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'query-'));
    const config = join(directory, 'config.yaml');
    await writeFile(config, 'access: { ownRoutesOnly: true }');
    try {
      const foreign = await query(',sls.ingress.route=shop-web-80', ['--config', config]);
      expect(foreign).toMatchObject({ code: 0, stdout: expect.stringMatching(/^shop-web-80 /m) as unknown });
      expect(foreign.stderr).toMatch(
        /^Warning: for an HPA, the adapter refuses this read: by access\.ownRoutesOnly, .*\n$/,
      );
      const own = await query(',sls.ingress.route=default-web-80', ['--config', config]);
      expect(own).toMatchObject({ code: 0, stderr: '' });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('prints a table', async () => {
    expect(await query(',sls.ingress.route in (default-web-80,shop-web-80,default-none-80)')).toEqual({
      code: 0,
      stderr:
        'Warning: no request was logged within the last hour for default-none-80 (most similar: default-web-80): correct the route, unless it really has no requests\n',
      stdout: [
        'ROUTE            VALUE  UNIT        QUANTITY  WINDOW  WINDOW END            AGE',
        `default-none-80      0  requests/s         0     16s  ${stamp}  10s`,
        `default-web-80   7.875  requests/s     7875m     16s  ${stamp}  10s`,
        `shop-web-80      0.063  requests/s       63m     16s  ${stamp}  10s`,
        '',
      ].join('\n'),
    });
  });

  it('does not warn about a route that has no requests now, but had some within the last hour', async () => {
    const { stdout, stderr } = await query(',sls.ingress.route=shop-quiet-80');
    expect([stdout.split('\n')[1], stderr]).toEqual([expect.stringMatching(/^shop-quiet-80 +0 /), '']);
  });

  it('prints with -o json the answer of the API', async () => {
    const { code, stdout, stderr } = await query(',sls.ingress.route=default-web-80', ['-o', 'json']);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      kind: 'ExternalMetricValueList',
      apiVersion: 'external.metrics.k8s.io/v1beta1',
      metadata: {},
      items: [
        {
          metricName: 'sls_ingress_qps',
          metricLabels: {
            'sls.project': 'k8s-log-c1',
            'sls.logstore': 'nginx-ingress',
            'sls.ingress.route': 'default-web-80',
          },
          timestamp: stamp,
          window: 16,
          value: '7875m',
        },
      ],
    });
  });

  it('sums the whole logstore if the selector has no route, and says so', async () => {
    const { stdout } = await query('');
    expect(stdout).toMatch(/^\(whole logstore\) +7\.938 +requests\/s +7938m /m);
  });

  it('reads a route that is given in parts, in the given namespace', async () => {
    const parts = ',sls.ingress.service=web,sls.ingress.port=80';
    expect((await query(parts)).stdout).toMatch(/^default-web-80 +7\.875 /m);
    expect((await query(parts, ['--namespace', 'shop'])).stdout).toMatch(/^shop-web-80 +0\.063 /m);
  });

  it('takes project and logstore from flags if the selector has none', async () => {
    const fake = fakeIo(someCredentials, clock);
    const defaults = ['--project', 'k8s-log-c1', '--logstore', 'nginx-ingress'];
    const argv = ['query', 'sls_ingress_qps', '--sls-endpoint', emulator.url, '--selector', ''];
    expect(await runProgram([...argv, ...defaults], fake.io)).toBe(0);
    expect(fake.stdout()).toContain('(whole logstore)');
  });

  it('says of a missing logstore what to do, and not when SLS is asked again, since the command ends', async () => {
    const fake = fakeIo(someCredentials, clock);
    const selector = 'sls.project=k8s-log-c1,sls.logstore=nginx';
    const argv = ['query', 'sls_ingress_qps', '--sls-endpoint', emulator.url, '--selector', selector];
    expect(await runProgram(argv, fake.io)).toBe(1);
    expect(fake.stderr()).toMatch(/: logstore nginx does not exist\. Check sls\.logstore[^\n]*\n$/);
    expect(fake.stderr()).not.toContain('again');
  });

  it('names the most similar metric if there is none of that name', async () => {
    const fake = fakeIo(someCredentials, clock);
    const argv = ['query', 'sls_ingres_qps', '--sls-endpoint', emulator.url, '--selector', where];
    expect(await runProgram(argv, fake.io)).toBe(1);
    expect(fake.stderr()).toBe(
      'sls-metrics-adapter: the server could not find the metric sls_ingres_qps for external.metrics.k8s.io. The most similar name is sls_ingress_qps; docs/metrics.md has all names. (MetricUnknown)\n',
    );
  });

  it('says once that the logstore is silent', async () => {
    const steady = Array.from({ length: 600 }, (_, index) => ({
      timeSeconds: nowSeconds - 660 + index,
      fields: { proxy_upstream_name: 'default-web-80' },
    }));
    await emulator.sink('k8s-log-c1', 'stopped').append(steady);
    const fake = fakeIo(someCredentials, clock);
    const selector = 'sls.project=k8s-log-c1,sls.logstore=stopped';
    const argv = ['query', 'sls_ingress_qps', '--sls-endpoint', emulator.url, '--selector', selector];
    expect(await runProgram(argv, fake.io)).toBe(1);
    expect(fake.stderr()).toMatch(
      /^sls-metrics-adapter: no line at all in k8s-log-c1\/stopped since [^\n]* \(LogstoreSilent\)\n$/,
    );
  });

  it.each([
    ['a wrong label', ',nope=x', {}, 'unknown label "nope"'],
    [
      'a malformed selector',
      ',a=b=c',
      {},
      "unable to parse requirement: found '=', expected: ',' or 'end of string'",
    ],
    ['a refused key', '', { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' }, 'SignatureNotMatch'],
  ])('fails with one line and exit code 1 for %s', async (_, labels, env, message) => {
    const { code, stdout, stderr } = await query(labels, [], { ...someCredentials, ...env });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^sls-metrics-adapter: [^\n]+\n$/);
  });
});
