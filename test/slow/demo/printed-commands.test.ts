import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusDocument } from '../../../src/status/status-document.ts';
import { startMain, type CliProcess } from '../../support/cli-process.ts';
import { waitFor } from '../../support/wait-for.ts';

const checkout = resolve(import.meta.dirname, '../../..');
const home = await mkdtemp(join(tmpdir(), 'demo home-'));
let demo: CliProcess;

/** Runs a line of the demo's output, in a shell whose environment is for a real cloud. */
async function runLine(pattern: RegExp): Promise<string> {
  const [line = ''] = await demo.output(pattern);
  const env = {
    ...{ PATH: process.env['PATH'], HOME: home, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' },
    ...{ ALIBABA_CLOUD_ACCESS_KEY_ID: 'real', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'real' },
  };
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line], { cwd: checkout, env });
  expect(stderr).toBe('');
  return stdout;
}

beforeAll(async () => {
  demo = startMain('demo', ['--secure-port', '0', '--cert-dir', 'certificates'], home);
  await waitFor(() => /^route=\S+ qps=\d/m.test(demo.stdout()), 'a reading');
});
afterAll(async () => {
  await demo[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

describe('a command that the demo prints works as printed', () => {
  it.each([
    ['query', /^ {2}npm run .* query .*$/m, /^sls_ingress_qps|requests\/s/m],
    [
      'explain',
      /^ {2}npm run .* explain .*$/m,
      /^query 1: Complete[^]*^default-bert-tfserving-.* requests\/s /m,
    ],
    ['routes', /^ {2}npm run .* routes .* --since 3m$/m, /^default-web-80 +2[2-5](\.\d)? /m],
    ['routes --hpa', /^ {2}npm run .* routes .*--hpa .*$/m, /^kind: HorizontalPodAutoscaler$/m],
    [
      'doctor',
      /^ {2}npm run .* doctor .*$/m,
      /^\d+ ok, \d+ skipped$|^\d+ warn \(.*\), \d+ ok, \d+ skipped$/m,
    ],
  ])('%s', async (_, pattern, answer) => {
    expect(await runLine(pattern)).toMatch(answer);
  });

  it('shows the HPAs and the replicas that they want on its status page', async () => {
    const [, url = ''] = await demo.output(/^The status page is (\S+)/m);
    const status = (await (await fetch(new URL('status.json', url))).json()) as StatusDocument;
    expect(status.autoscalers.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      'default/bert-tfserving-eci-hpa',
      'default/web',
      'shop/cart',
    ]);
    expect(status.counts).toMatchObject({ series: 3, fresh: 3, refused: 0 });
  });

  it('a misspelt route is found by doctor', async () => {
    expect(await runLine(/^ {2}npm run .* doctor .*-wbe-80$/m)).toMatch(
      /^warn +route +not seen .*most similar: default-web-80/m,
    );
  });

  it('SLS refuses the key, until all is well again', async () => {
    expect(await runLine(/^ {2}curl .*SignatureNotMatch.*$/m)).toBe('{}');
    await expect(runLine(/^ {2}npm run .* doctor .*$/m)).rejects.toMatchObject({
      stdout: expect.stringMatching(/^failed +access-key .*SignatureNotMatch/m) as string,
    });
    expect(await runLine(/^ {2}curl .* '\{\}'$/m)).toBe('{}');
    expect(await runLine(/^ {2}npm run .* query .*$/m)).toContain('requests/s');
  });

  it('the log goes silent', async () => {
    expect(await runLine(/^ {2}curl .*collectorStalled.*$/m)).toBe('{}');
    const silent = () =>
      runLine(/^ {2}npm run .* query .*$/m).then(
        () => undefined,
        (error: unknown) => (error as { readonly stderr: string }).stderr,
      );
    expect(await waitFor(silent)).toMatch(
      /: no line at all in k8s-log-demo\/nginx-ingress since .* \(LogstoreSilent\)$/m,
    );
    await waitFor(() => /^route=\S+ .* error="no line at all in /m.test(demo.stdout()));
  });

  it('replay, at its end', async () => {
    demo.kill('SIGINT');
    expect(await demo.exit).toBe(0);
    const table = await runLine(/^ {2}npm run .* replay .*$/m);
    expect(table).toMatch(/^as it is +30s /m);
    expect(table).toContain('Recommended (->): ');
  });
});
