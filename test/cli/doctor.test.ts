import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { doctorLines, doctorSummary, notReached } from '../../src/cli/doctor.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { CheckResult } from '../../src/doctor/check.ts';
import { allChecks } from '../../src/doctor/examine.ts';
import { ledger } from '../../src/sls/assumptions/ledger.ts';
import { startEmulator } from '../../emulator/emulator.ts';
import { fakeIo, someCredentials } from '../support/fake-io.ts';
import { waitFor } from '../support/wait-for.ts';

/** Has no lines, so that the check lag does not take its 10 s. */
const emulator = await startEmulator({
  logstores: [{ project: 'k8s-log-c1', logstore: 'nginx-ingress' }],
  accessKey: {
    id: someCredentials.ALIBABA_CLOUD_ACCESS_KEY_ID,
    secret: someCredentials.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
  },
});
afterAll(() => emulator.stop());

const selector = 'sls.project=k8s-log-c1,sls.logstore=nginx-ingress,sls.ingress.route=default-web-80';

function start(flags: readonly string[] = [], env: Record<string, string> = {}) {
  const fake = fakeIo({ ...someCredentials, ...env });
  const argv = ['doctor', '--sls-endpoint', emulator.url, '--selector', selector, ...flags];
  return { fake, code: runProgram(argv, fake.io) };
}

async function run(...args: Parameters<typeof start>) {
  const { fake, code } = start(...args);
  return { code: await code, stdout: fake.stdout(), stderr: fake.stderr() };
}

describe('doctor', () => {
  it('prints a line for each check that ran with its remedy below, then a line for those that did not, and a count of each status', async () => {
    const { code, stdout, stderr } = await run();
    expect([code, stderr]).toEqual([0, '']);
    const names = Array.from(
      stdout.matchAll(/^(?:ok|warn|failed|skipped) +([a-z-]+) {2}/gm),
      ([, name]) => name,
    );
    const folded = Array.from(
      stdout.matchAll(/^skipped +\d+ checks +need [a-z-]+: (.*)$/gm),
      ([, ids]) => ids,
    );
    expect(folded[1]).toBe('route, default-backend, doubled-lines');
    expect(stdout).toContain(`\nskipped  16 checks             need kubernetes: ${folded[0]}\n`);
    const shown = [...names, ...folded.flatMap((ids = '') => ids.split(', '))];
    expect(new Set(shown)).toEqual(new Set(allChecks({ selector }).map(({ id }) => id)));
    expect(stdout).toContain('ok       logstore              nginx-ingress\n');
    expect(stdout).toContain(
      [
        'skipped  kubernetes            no cluster is configured here',
        '                               → To check the cluster too, name its kubeconfig:',
        '                                   --kubeconfig "$HOME/.kube/config"',
        'ok       target ',
      ].join('\n'),
    );
    expect(stdout).toMatch(/^warn +freshness +no line within 60 minutes$/m);
    expect(stdout).toMatch(/\n\n1 warn \(\S+\), \d+ ok, \d+ skipped\n$/);
  });

  it('exits with 1 if a check failed, and writes nothing to standard error', async () => {
    const { code, stdout, stderr } = await run([], { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' });
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/^failed +access-key +SLS, project k8s-log-c1: SignatureNotMatch/m);
    expect(stdout).toMatch(
      /^skipped +\d+ checks +need access-key: account, project, permission, .*\breading/m,
    );
    expect(stdout).toMatch(/\n1 failed \(\S+\), /);
    expect(stdout).not.toContain('some-secret');
  });

  it('fails without a cluster if the cluster is all that it is asked about, as with --migrate, which needs no region', async () => {
    const fake = fakeIo({});
    const code = await runProgram(['doctor', '--migrate'], fake.io);
    const stdout = fake.stdout();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok +configuration +valid; nothing is asked of SLS$/m);
    expect(stdout).toMatch(/^failed +kubernetes +no cluster is configured here\n +→ Name its kubeconfig:$/m);
    expect(stdout).toContain('\n1 failed (kubernetes), 1 ok, 4 skipped\n');
  });

  it('lists every fault of the configuration, and exits with 1', async () => {
    const { code, stdout, stderr } = await run(['--network', 'lan', '--log-level', 'loud']);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(
      /^failed +configuration +wrong configuration:\n +sls\.network \(--network\) is "lan".*\n +log\.level .*\n +→ Correct each/m,
    );
  });

  it('prints JSON for machines', async () => {
    const { code, stdout } = await run(['-o', 'json'], { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' });
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(code).toBe(1);
    expect(report).toMatchObject({ healthy: false, counts: { failed: 1, warn: 0 } });
    const checks = report['checks'] as CheckResult[];
    expect(checks.map(({ check }) => check)).toEqual(allChecks({ selector }).map(({ id }) => id));
    expect(checks.find(({ check }) => check === 'access-key')).toEqual({
      check: 'access-key',
      status: 'failed',
      found: expect.stringContaining('SignatureNotMatch') as string,
      remedy: expect.stringMatching(/^The secret does not belong to this key ID/) as string,
      waitsFor: [],
      durationMs: expect.any(Number) as number,
    });
    expect(checks.find(({ check }) => check === 'index')).toEqual({
      check: 'index',
      status: 'skipped',
      found: 'needs access-key',
      waitsFor: ['access-key'],
      durationMs: 0,
    });
  });

  it('lists in JSON every assumption about SLS, with what was expected and found', async () => {
    const { stdout } = await run(['-o', 'json']);
    const { checks } = JSON.parse(stdout) as { readonly checks: readonly CheckResult[] };
    const { status, entries } = checks.find(({ check }) => check === 'assumptions') ?? {};
    expect([status, entries?.length]).toEqual(['ok', ledger().length]);
    expect(entries).toContainEqual(
      expect.objectContaining({
        id: 'integer-division',
        result: 'as assumed',
        expected: '(n - n + 7) / 2 is 3',
        found: '3',
      }),
    );
  });

  it('checks the HPAs of standard input, and needs no cluster', async () => {
    const fake = fakeIo();
    const labels = selector.split(',').map((pair) => pair.split('='));
    const hpa = {
      ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' } },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 3,
        metrics: [
          {
            type: 'External',
            external: {
              metric: {
                name: 'sls_ingress_qps',
                selector: { matchLabels: Object.fromEntries(labels) as object },
              },
              target: { type: 'AverageValue', averageValue: '10' },
            },
          },
        ],
      },
    };
    const io = { ...fake.io, stdin: Readable.from([JSON.stringify(hpa)]) };
    const code = await runProgram(['doctor', '--sls-endpoint', emulator.url, '--hpa', '-'], io);
    expect([code, fake.stderr()]).toEqual([0, '']);
    expect(fake.stdout()).toMatch(/^ok +hpas +standard input names 1 external metric in 1 HPA$/m);
    expect(fake.stdout()).toMatch(
      /^ok +hpa-readings +HPA default\/web, sls_ingress_qps: reads 0 requests\/s, target 10 a replica: wants 0 replicas, gets minReplicas 1$/m,
    );
    expect(fake.stdout()).not.toMatch(/kubernetes|apiservice/);
  });

  it('says in one line that there is no such file', async () => {
    const fake = fakeIo();
    expect(
      await runProgram(['doctor', '--sls-endpoint', emulator.url, '--hpa', 'missing.yaml'], fake.io),
    ).toBe(1);
    expect(fake.stderr()).toMatch(/^sls-metrics-adapter: --hpa missing\.yaml: ENOENT[^\n]*\n$/);
  });

  it('ends at a signal, and says which checks were interrupted', async () => {
    emulator.setFaults({ hang: true });
    const { fake, code } = start();
    await waitFor(() => fake.stdout().includes('ok       clock'));
    fake.end('SIGINT');
    expect(await code).toBe(1);
    emulator.setFaults({});
    expect(fake.stdout()).toMatch(/^skipped +query +interrupted$/m);
    expect(fake.stdout()).toMatch(/^skipped +\d+ checks +need query: access-key, .*\breading\b/m);
  });

  it('has healthy: false in JSON if it was interrupted', async () => {
    emulator.setFaults({ hang: true });
    const { fake, code } = start(['-o', 'json']);
    const before = emulator.stats().queries;
    await waitFor(() => emulator.stats().queries > before);
    fake.end('SIGINT');
    expect(await code).toBe(1);
    emulator.setFaults({});
    expect(JSON.parse(fake.stdout())).toMatchObject({ healthy: false, counts: { failed: 0 } });
  });

  it.each([
    ['--service-account', 'adapter', 'It must be a namespace and a name'],
    ['--output', 'yaml', 'Allowed choices are table, json'],
  ])('refuses %s %s, with exit code 2', async (flag, value, message) => {
    const { code, stderr } = await run([flag, value]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('doctorLines', () => {
  const result: CheckResult = {
    check: 'permission',
    status: 'failed',
    found: 'one\n  two',
    remedy: 'Attach this:',
    write: '{\n  "Version": "1"\n}',
    waitsFor: [],
    durationMs: 1,
  };

  const plain = { isColoured: false, columns: undefined };

  it('aligns the finding, and keeps the text to write as it is', () => {
    expect(doctorLines(result, plain)).toBe(
      [
        'failed   permission            one',
        '                               two',
        '                               → Attach this:',
        '                                   {',
        '                                     "Version": "1"',
        '                                   }',
        '',
      ].join('\n'),
    );
  });

  it('wraps sentences at the width of the terminal, and never the text to write', () => {
    const write = 'kubectl logs -n sls-metrics-adapter deployment/sls-metrics-adapter --tail=50';
    const wrapped = {
      ...result,
      found: 'it may not query the logstore of that project',
      remedy: 'Look at why.',
      write,
    };
    const lines = [
      'failed   permission            it may not query the',
      '                               logstore of that',
      '                               project',
      '                               → Look at why.',
      `                                   ${write}`,
      '',
    ];
    expect(doctorLines(wrapped, { ...plain, columns: 51 })).toBe(lines.join('\n'));
    expect(doctorLines(wrapped, { ...plain, columns: 40 })).toBe(doctorLines(wrapped, plain));
  });

  it('aligns the findings of all checks, whatever the length of their names', () => {
    const found = allChecks({ selector }).map(({ id }) =>
      doctorLines({ ...result, check: id, found: 'FOUND' }, plain),
    );
    expect(new Set(found.map((lines) => lines.indexOf('FOUND')))).toEqual(new Set([31]));
  });

  it('colours only the status, on a terminal with colours', () => {
    expect(doctorLines(result, { ...plain, isColoured: true }).split('\n')[0]).toBe(
      '\u001B[31mfailed \u001B[39m  permission            one',
    );
  });
});

describe('notReached', () => {
  const result = (check: string, ...waitsFor: string[]) =>
    ({ check, waitsFor, status: 'skipped', found: `needs ${waitsFor.join(', ')}` }) as unknown as CheckResult;

  it('has a line for all checks that need the same others, one alone by its own name, and none for checks that ran', () => {
    const results = [result('ran'), result('a', 'x'), result('b', 'x', 'y'), result('c', 'x')];
    expect(notReached(results).map(({ check, found }) => [check, found])).toEqual([
      ['2 checks', 'need x: a, c'],
      ['b', 'needs x, y'],
    ]);
  });
});

describe('doctorSummary', () => {
  it('counts each status that occurs, the worst first, and names what failed', () => {
    const statuses = ['ok', 'skipped', 'warn', 'failed', 'ok', 'failed'] as const;
    const results = statuses.map((status, index) => ({ status, check: `check-${index}` }) as CheckResult);
    expect(doctorSummary(results)).toBe('\n2 failed (check-3, check-5), 1 warn (check-2), 2 ok, 1 skipped\n');
  });
});
