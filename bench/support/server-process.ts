import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { waitFor } from '../../test/support/wait-for.ts';

/** A server in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
}

/**
 * Runs a script as `npm run adapter` does, and waits until it tells its URL, in JSON, on either stream.
 *
 * @param home a directory without profiles; nothing of this process' environment is handed down but the PATH
 */
export async function startServerProcess(
  script: string,
  args: readonly string[],
  home: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--max-semi-space-size=2', ...nodeFlags(), script, ...args], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    const [, url = ''] = await waitFor(() => {
      if (child.exitCode !== null) throw new Error(`${script} has exited (${child.exitCode}): ${output}`);
      return /"url":"(https:[^"]+)"/.exec(output) ?? undefined;
    }, 15_000);
    return { url, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `BENCH_NODE_FLAGS=--cpu-prof npm run bench` profiles the servers. */
const nodeFlags = () => (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
