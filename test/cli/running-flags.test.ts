import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningFlags } from '../../src/cli/running-flags.ts';

const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
let directory = '';
beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'cmdline-'))));
afterAll(() => rm(directory, { recursive: true }));

/** As the kernel has a command line: each word ends with NUL. */
async function flagsOf(words: readonly string[], env: Record<string, string> = pod) {
  const file = join(directory, 'cmdline');
  await writeFile(file, words.map((word) => `${word}\0`).join(''));
  return runningFlags(env, file);
}

const program = ['node', '--max-semi-space-size=2', '/app/dist/main.js'];

describe('runningFlags', () => {
  it('are those that the adapter of the pod was started with', async () => {
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
    ['of another program', ['pause', '--config=x'], pod],
    ['of another command', [...program, 'emulate', '--project=x'], pod],
    ['outside of a pod', [...program, 'serve', '--config=x'], {}],
  ])('are none %s', async (_, words, env) => {
    expect(await flagsOf(words, env)).toEqual({});
  });

  it('are none where the command line cannot be read', async () => {
    expect(await runningFlags(pod, join(directory, 'absent'))).toEqual({});
  });

  it('leave out what is no flag of a setting', async () => {
    expect(await flagsOf([...program, 'serve', '--other=x', 'word', '--region=cn-beijing'])).toEqual({
      region: 'cn-beijing',
    });
  });
});
