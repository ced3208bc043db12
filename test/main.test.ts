import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli, startMain } from './support/cli-process.ts';

const home = await mkdtemp(join(tmpdir(), 'main-'));
afterAll(() => rm(home, { recursive: true }));

describe('the exit code', () => {
  it('is 0 for help, which is on standard output', async () => {
    const { code, stdout, stderr } = await runCli(['serve', '--help'], home);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('--secure-port');
  });

  it('is 2 for wrong flags or configuration, which are reported on standard error', async () => {
    expect(await runCli(['serve', '--nope'], home)).toMatchObject({ code: 2, stdout: '' });
    const { code, stdout, stderr } = await runCli(['serve'], home);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('sls.region (--region, ');
  });

  it('is 1 for a failure such as missing credentials, and the message has a remedy', async () => {
    const flags = ['--sls-endpoint', 'http://127.0.0.1:9', '--selector', 'sls.project=p1,sls.logstore=l1'];
    const { code, stdout, stderr } = await runCli(['query', 'sls_ingress_qps', ...flags], home);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^sls-metrics-adapter: no credentials for SLS \(default\): .+\. Set ALIBABA_CLOUD_ACCESS_KEY_ID /,
    );
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('a signal', () => {
  it('ends a command cleanly, with exit code 0', async () => {
    const log = join(home, 'access.log');
    await writeFile(log, 'nonsense\n');
    const flags = ['--listen', '127.0.0.1:0', '--access-log', log, '--follow'];
    await using run = startMain('emulate', flags, home);
    await run.output(/cannot read an unknown form.*: nonsense\n/);
    run.kill('SIGINT');
    expect(await run.exit).toBe(0);
    expect(run.stdout()).toContain(`${log}: 0 lines read, 1 unparsed\n`);
  });
});

describe('an output that cannot be written', () => {
  it('ends the command with one line on standard error and exit code 1', async () => {
    const shell = [
      '-c',
      '"$@" > /dev/full',
      'sh',
      process.execPath,
      resolve('src/main.ts'),
      'serve',
      '--help',
    ];
    const child = spawn('sh', shell, { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'close');
    const stderr = await text(child.stderr);
    expect([await ended, stderr]).toEqual([
      [1, null],
      'sls-metrics-adapter: the output cannot be written: ENOSPC: no space left on device, write\n',
    ]);
  });
});

describe('a closed standard output', () => {
  it('ends a command without a stack trace, as in `… | head`', async () => {
    const flags = ['--secure-port', '0', '--listen', '127.0.0.1:0'];
    await using run = startMain('demo', flags, home);
    await run.output(/route=/);
    run.closeStdout();
    expect([await run.exit, run.stderr()]).toEqual([0, '']);
  });
});
