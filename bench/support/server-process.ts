import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import { waitFor } from '../../test/support/wait-for.ts';

/** A server in its own process. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Sends a message to the script. Requires `onMessage`, which opens the channel. */
  send(message: object): void;
}

export interface ServerProcessOptions {
  readonly script: string;
  readonly args: readonly string[];
  /** Home directory of the process, without profiles. The process inherits only PATH from the environment. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags for Node. Default: those of `npm run adapter`. */
  readonly nodeFlags?: readonly string[];
  /** As in nice(1). Default: 0. */
  readonly niceness?: number;
  /** Called with each message of the script. */
  readonly onMessage?: (message: unknown) => void;
  /** Called with each line of output after the server has started. */
  readonly onLine?: (line: string) => void;
  /** Called if it ends by itself, after its last line. */
  readonly onCrash?: (what: string) => void;
}

/** Enough on a busy machine. */
const maxStartMs = 120_000;

/** A server that has not stopped this long after SIGTERM is killed. */
const maxStopMs = 10_000;

/** Runs a script with Node and waits until it prints JSON with its URL on stdout or stderr. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { script, args, home, env = {}, nodeFlags = adapterFlags(), niceness = 0 } = options;
  const { onMessage, onLine, onCrash } = options;
  const command = [process.execPath, ...nodeFlags, ...profilingFlags(), script, ...args];
  // nice(1) replaces itself with the command, so the process id stays the same.
  const child = spawn('nice', ['-n', String(niceness), ...command], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(onMessage === undefined ? [] : ['ipc' as const])],
  });
  // Kills the server also if this process exits without stopping it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').finally(() => process.off('exit', kill));
  let stopping = false;
  child.once('close', (code, signal) => {
    if (!stopping) onCrash?.(`${script} exited unexpectedly: code ${code}, signal ${signal}`);
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill('SIGTERM');
    const timer = setTimeout(kill, maxStopMs);
    await ended;
    clearTimeout(timer);
  };
  const output: string[] = [];
  let started = false;
  for (const input of [child.stdout, child.stderr]) {
    if (input === null) continue;
    createInterface({ input }).on('line', (line) => {
      if (started) onLine?.(line);
      else output.push(line);
    });
  }
  if (onMessage !== undefined) child.on('message', onMessage);
  try {
    const [, url = ''] = await waitFor(
      () => {
        const end = child.exitCode ?? child.signalCode;
        if (end !== null) throw new Error(`${script} exited (${end}): ${output.join('\n')}`);
        return /"url":"(https?:[^"]+)"/.exec(output.join('\n')) ?? undefined;
      },
      undefined,
      maxStartMs,
    );
    started = true;
    const send = (message: object) => void child.send(message);
    return { url, pid: child.pid ?? 0, send, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Returns Node's flags in the npm script `adapter`. */
function adapterFlags(): string[] {
  const file = resolve(import.meta.dirname, '../../package.json');
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: Record<string, string> };
  const [, flags] = /^exec node (.*)src\/main\.ts$/.exec(scripts['adapter'] ?? '') ?? [];
  if (flags === undefined) throw new Error('the npm script adapter is not `node FLAGS src/main.ts`');
  return flags.split(' ').filter((flag) => flag !== '');
}

/**
 * Returns the flags of `npm run adapter` plus the heap limit of the chart's pod. Node sets the limit to half of the
 * container's memory limit. On this machine it would allow 4 GB and keep more garbage.
 */
export function podFlags(): string[] {
  return [...adapterFlags(), `--max-old-space-size=${podMebibytes() / 2}`];
}

/** Returns the memory limit of the chart's pod in MiB. */
export function podMebibytes(): number {
  const file = resolve(import.meta.dirname, '../../charts/sls-metrics-adapter/values.yaml');
  const { resources } = parse(readFileSync(file, 'utf8')) as { resources: { limits: { memory: string } } };
  const [, mebibytes] = /^(\d+)Mi$/.exec(resources.limits.memory) ?? [];
  if (mebibytes === undefined)
    throw new Error(`resources.limits.memory is ${resources.limits.memory}, which is not in Mi`);
  return Number(mebibytes);
}

/** `BENCH_NODE_FLAGS=--cpu-prof npm run bench` profiles the servers. */
const profilingFlags = () => (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
