import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { runningFlags } from '../../src/cli/command-config.ts';
import { startEmulator } from '../../emulator/emulator.ts';
import { fakeIo, someCredentials } from '../support/fake-io.ts';

const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
let directory = '';
beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'cmdline-'))));
afterAll(() => rm(directory, { recursive: true }));

/** Writes a command line like the kernel does: each word ends with NUL. */
async function flagsOf(words: readonly string[], env: Record<string, string> = pod) {
  const file = join(directory, 'cmdline');
  await writeFile(file, words.map((word) => `${word}\0`).join(''));
  return runningFlags({ env, firstProcessFile: file });
}

const program = ['node', '--max-semi-space-size=4', '/app/dist/main.js'];

describe('runningFlags', () => {
  it('returns the flags that the adapter of the pod was started with', async () => {
    const words = [
      'serve',
      '--config=/etc/a=b.yaml',
      '--manage-apiservice',
      '--service-name',
      'adapter',
      '--secure-port=6443',
    ];
    expect(await flagsOf([...program, ...words])).toEqual({
      config: '/etc/a=b.yaml',
      manageApiservice: true,
      serviceName: 'adapter',
      securePort: '6443',
    });
  });

  it.each([
    ['for another program', ['pause', '--config=x'], pod],
    ['for another command', [...program, 'query', '--project=x'], pod],
    ['outside a pod', [...program, 'serve', '--config=x'], {}],
  ])('returns none %s', async (_, words, env) => {
    expect(await flagsOf(words, env)).toEqual({});
  });

  it('returns none if the command line cannot be read', async () => {
    expect(await runningFlags({ env: pod, firstProcessFile: join(directory, 'absent') })).toEqual({});
  });

  it('leaves out words that are not the flag of a setting', async () => {
    expect(await flagsOf([...program, 'serve', '--other=x', 'word', '--region=cn-beijing'])).toEqual({
      region: 'cn-beijing',
    });
  });
});

describe('a command in the container of the adapter', () => {
  const read = ['sls_ingress_qps', '--selector', 'sls.logstore=nginx-ingress'];

  it.each([
    ['query', read],
    ['explain', [...read, '--run']],
    ['routes', ['--logstore', 'nginx-ingress']],
  ])('%s uses the flags that the adapter was started with', async (command, argv) => {
    const emulator = await startEmulator({
      logstores: [{ project: 'k8s-log-c1', logstore: 'nginx-ingress' }],
    });
    try {
      const file = join(directory, 'running');
      const flags = ['serve', `--sls-endpoint=${emulator.url}`, '--project=k8s-log-c1'];
      await writeFile(file, [...program, ...flags, ''].join('\0'));
      const { io, stderr } = fakeIo({ ...someCredentials, ...pod });
      const code = await runProgram([command, ...argv], { ...io, firstProcessFile: file });
      expect([code, stderr()]).toEqual([0, '']);
    } finally {
      await emulator.stop();
    }
  });
});
