import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { nginxConfiguration, type NginxRoute } from './nginx-configuration.ts';
import { waitFor } from './wait-for.ts';

/** A private nginx of Debian's, writing ACK's access log. */
export interface Nginx extends AsyncDisposable {
  readonly url: string;
  readonly accessLogPath: string;
  /** Rotates the log as logrotate does: renames it to `.1`, `.2` …, and has nginx open a new one. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

const candidates = ['nginx', '/usr/sbin/nginx'];

function findNginx(): string | undefined {
  return candidates.find((path) => spawnSync(path, ['-v']).status === 0);
}

/** Whether an nginx is installed here. */
export function nginxAvailable(): boolean {
  return findNginx() !== undefined;
}

/**
 * Starts one nginx in a directory of its own, on a free port of loopback, as the current user.
 *
 * @throws Error with its error log if it does not come up.
 */
export async function startNginx({ routes }: { routes: readonly NginxRoute[] }): Promise<Nginx> {
  const binary = findNginx();
  if (binary === undefined) throw new Error('there is no nginx here; Debian has it as nginx-light');
  const prefix = await mkdtemp(join(tmpdir(), 'nginx-'));
  for (let attempt = 1; ; attempt++) {
    // Another process may take the port before nginx does.
    const port = await freePort();
    await writeFile(join(prefix, 'nginx.conf'), nginxConfiguration({ prefix, port, routes }));
    const { master, errors } = launch(binary, prefix);
    if (await comesUp(master, port, prefix)) return running(master, port, prefix);
    await end(master);
    if (attempt < 3) continue;
    await rm(prefix, { recursive: true });
    throw new Error(`nginx does not start: ${errors()}`);
  }
}

function launch(binary: string, prefix: string) {
  const master = spawn(binary, ['-p', prefix, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  master.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return { master, errors: () => text };
}

async function comesUp(master: ChildProcess, port: number, prefix: string): Promise<boolean> {
  const ready = async () => {
    if (master.exitCode !== null) return 'exited';
    const response = await fetch(`http://127.0.0.1:${port}/__ready`).catch(() => undefined);
    return (await response?.text()) === prefix && 'ready';
  };
  return (await waitFor(ready, 5000, 'nginx answers').catch(() => 'late')) === 'ready';
}

function running(master: ChildProcess, port: number, prefix: string): Nginx {
  const accessLogPath = join(prefix, 'access.log');
  let rotations = 0;
  const stop = async () => {
    await end(master);
    await rm(prefix, { recursive: true, force: true });
  };
  return {
    url: `http://127.0.0.1:${port}`,
    accessLogPath,
    rotate: async () => {
      await rename(accessLogPath, `${accessLogPath}.${++rotations}`);
      master.kill('SIGUSR1');
      await waitFor(() => stat(accessLogPath).catch(() => undefined), 5000, 'nginx reopens its log');
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function end(master: ChildProcess): Promise<void> {
  if (master.exitCode !== null || master.signalCode !== null) return;
  const exit = once(master, 'exit');
  master.kill('SIGTERM');
  const killing = setTimeout(() => master.kill('SIGKILL'), 3000);
  await exit;
  clearTimeout(killing);
}
