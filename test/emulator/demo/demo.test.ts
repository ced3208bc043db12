import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { shellWord } from '../../../emulator/demo/demo.ts';
import { startMain } from '../../support/cli-process.ts';
import { findKubectl } from '../../support/kubectl.ts';

const kubectl = await findKubectl();
const home = await mkdtemp(join(tmpdir(), 'demo home-'));
afterAll(() => rm(home, { recursive: true }));

describe('demo', () => {
  it.skipIf(kubectl === undefined)('prints a kubectl command that works unchanged', async () => {
    await using run = startMain('demo', ['--secure-port', '0', '--cert-dir', 'certificates'], home);
    const [line] = await run.output(/^ {2}kubectl .*$/m);
    const path = `${dirname(kubectl ?? '')}${delimiter}${process.env['PATH'] ?? ''}`;
    const { stdout } = await promisify(execFile)('sh', ['-c', line], { env: { PATH: path, HOME: home } });
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'ExternalMetricValueList',
      items: [
        {
          metricName: 'sls_ingress_qps',
          metricLabels: {
            'sls.ingress.route': 'default-bert-tfserving-202207181536-tensorflow-serving-8501',
          },
          window: 15,
          value: expect.stringMatching(/^\d+m?$/) as string,
        },
      ],
    });
  });

  it('shows all routes, and ends by itself with exit code 0 after --for', async () => {
    const startMs = performance.now();
    await using run = startMain('demo', ['--for', '1s', '--secure-port', '0'], home);
    expect(await run.exit).toBe(0);
    expect(performance.now() - startMs).toBeGreaterThan(1000);
    expect(run.stderr()).toBe('');
    expect(run.stdout()).toMatch(
      /^route=default-bert-tfserving-202207181536-tensorflow-serving-8501 qps=\d+\.\d{3} requests=\d+ age=\d+\.\ds slsQueries=\d+ replicas=\d+ scaling=\w+$/m,
    );
    expect(run.stdout().match(/^route=\S+ qps=\d/gm)?.length).toBeGreaterThanOrEqual(3);
  });

  it('ignores settings of the environment, which may be for a real cloud', async () => {
    const env = {
      SLS_METRICS_ADAPTER_SLS_ENDPOINT: 'http://127.0.0.1:9',
      SLS_METRICS_ADAPTER_DELAY: 'refused',
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'real',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'real',
    };
    await using run = startMain('demo', ['--secure-port', '0'], home, env);
    await run.output(/^route=\S+ qps=\d/m);
    run.kill('SIGTERM');
    expect(await run.exit).toBe(0);
  });
});

describe('shellWord', () => {
  it('does not quote a text that needs no quotes', () => {
    expect(shellWord('/root/.cache/sls-metrics-adapter/kubeconfig')).toBe(
      '/root/.cache/sls-metrics-adapter/kubeconfig',
    );
  });

  it.each(['/tmp/my dir/x', "it's", '', '$HOME', 'a;b', '`id`', '*', "'", 'a\\b', '~', 'a"b', 'a\nb'])(
    'makes one word for the shell of %j',
    (text) => {
      const printed = execFileSync('sh', ['-c', `printf '<%s>' ${shellWord(text)}`], { encoding: 'utf8' });
      expect(printed).toBe(`<${text}>`);
    },
  );
});
