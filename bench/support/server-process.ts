import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import { waitFor } from '../../test/support/wait-for.ts';

/** A server in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** To a script that listens to its parent. */
  tell(message: object): void;
}

export interface ServerProcessOptions {
  readonly script: string;
  readonly args: readonly string[];
  /** A directory without profiles; nothing of this process' environment is handed down but the PATH. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node. Default: those of `npm run adapter`. */
  readonly nodeFlags?: readonly string[];
  /** As of nice(1): how far it stands back where others want the CPU. Default: 0. */
  readonly niceness?: number;
  /** What the script tells its parent. */
  readonly onMessage?: (message: unknown) => void;
  /** Gets what it writes, line by line, once it serves. */
  readonly onLine?: (line: string) => void;
}

/** Also on a machine that has much else to do. */
const mostStartMs = 30_000;

/** A server that does not end by SIGTERM within this is killed. */
const mostStopMs = 10_000;

/** Runs a script of Node, and waits until it tells its URL, in JSON, on either stream. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { script, args, home, env = {}, nodeFlags = adapterFlags(), niceness = 0 } = options;
  const { onMessage, onLine } = options;
  const command = [process.execPath, ...nodeFlags, ...profilingFlags(), script, ...args];
  // It becomes what it runs, under the same process id.
  const child = spawn('nice', ['-n', String(niceness), ...command], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(onMessage === undefined ? [] : ['ipc' as const])],
  });
  // Also where nobody gets to stop it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').finally(() => process.off('exit', kill));
  let stopping = false;
  child.once('exit', (code, signal) => {
    if (!stopping) onLine?.(`${script} has ended unasked: code ${code}, signal ${signal}`);
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill('SIGTERM');
    const timer = setTimeout(kill, mostStopMs);
    await ended;
    clearTimeout(timer);
  };
  const output: string[] = [];
  let serves = false;
  for (const input of [child.stdout, child.stderr]) {
    if (input === null) continue;
    createInterface({ input }).on('line', (line) => {
      if (serves) onLine?.(line);
      else output.push(line);
    });
  }
  if (onMessage !== undefined) child.on('message', onMessage);
  try {
    const [, url = ''] = await waitFor(() => {
      const end = child.exitCode ?? child.signalCode;
      if (end !== null) throw new Error(`${script} has ended (${end}): ${output.join('\n')}`);
      return /"url":"(https?:[^"]+)"/.exec(output.join('\n')) ?? undefined;
    }, mostStartMs);
    serves = true;
    const tell = (message: object) => void child.send(message);
    return { url, pid: child.pid ?? 0, tell, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Those that `npm run adapter` runs the adapter with. */
function adapterFlags(): string[] {
  const file = resolve(import.meta.dirname, '../../package.json');
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: Record<string, string> };
  const [, flags] = /^node (.*)src\/main\.ts$/.exec(scripts['adapter'] ?? '') ?? [];
  if (flags === undefined) throw new Error('npm run adapter is not node FLAGS src/main.ts');
  return flags.split(' ').filter((flag) => flag !== '');
}

/**
 * Those of `npm run adapter`, with the heap of a pod of the chart: Node takes half of the memory that a container may
 * have for it; here it would take 4 GB, and fill more of it.
 */
export function podFlags(): string[] {
  const file = resolve(import.meta.dirname, '../../charts/sls-metrics-adapter/values.yaml');
  const { resources } = parse(readFileSync(file, 'utf8')) as { resources: { limits: { memory: string } } };
  const [, mebibytes] = /^(\d+)Mi$/.exec(resources.limits.memory) ?? [];
  if (mebibytes === undefined)
    throw new Error(`resources.limits.memory is ${resources.limits.memory}, not in Mi`);
  return [...adapterFlags(), `--max-old-space-size=${Number(mebibytes) / 2}`];
}

/** `BENCH_NODE_FLAGS=--cpu-prof npm run bench` profiles the servers. */
const profilingFlags = () => (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
