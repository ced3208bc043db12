import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';

const checkout = resolve(import.meta.dirname, '../../..');

it.each(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
  'npm run emulate leaves nothing that listens after %s to npm',
  async (signal) => {
    const npm = spawn('npm', ['run', '-s', 'emulate', '--', '--listen', '127.0.0.1:0'], {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(npm.stdout.setEncoding('utf8'), 'data')) as [string];
    const url = /http:\S+\d/.exec(said)?.[0] ?? '';
    const isUp = () =>
      fetch(`${url}/__stats`).then(
        ({ ok }) => ok,
        () => false,
      );
    expect(await isUp()).toBe(true);
    npm.kill(signal);
    await once(npm, 'exit');
    await waitFor(async () => !(await isUp()), 'the end of the emulator');
  },
);
