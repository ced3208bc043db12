import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { waitFor } from './wait-for.ts';

const checkout = resolve(import.meta.dirname, '../..');

/** Programs of the repository. The npm script of the same name starts each. */
const mains = {
  adapter: join(checkout, 'src/main.ts'),
  emulate: join(checkout, 'emulator/main.ts'),
  demo: join(checkout, 'emulator/demo/main.ts'),
};

/** A program that runs in its own process. */
export interface CliProcess extends AsyncDisposable {
  readonly pid: number | undefined;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Closes the reading end of its standard output. */
  closeStdout(): void;
  /** Resolves with the first match in its stdout or stderr. */
  output(pattern: RegExp): Promise<RegExpExecArray>;
  /** The exit code, or null if a signal ended it. */
  readonly exit: Promise<number | null>;
}

/** Only PATH is inherited: no credentials, no configuration and no profile. The metadata service is disabled. */
const cleanEnvironment = { PATH: process.env['PATH'], ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' };

/**
 * Starts the adapter.
 *
 * @param home a directory without profiles
 */
export const startCli = (
  argv: readonly string[],
  home: string,
  env: Readonly<Record<string, string>> = {},
): CliProcess => startMain('adapter', argv, home, env);

/**
 * Starts a program of the repository.
 *
 * @param home a directory without profiles
 */
export function startMain(
  program: keyof typeof mains,
  argv: readonly string[],
  home: string,
  env: Readonly<Record<string, string>> = {},
): CliProcess {
  const child = spawn(process.execPath, [mains[program], ...argv], {
    env: { ...cleanEnvironment, HOME: home, ...env },
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const exit = new Promise<number | null>((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code) => settle(code));
  });
  return {
    pid: child.pid,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => child.kill(signal),
    closeStdout: () => child.stdout.destroy(),
    output: (pattern) =>
      waitFor(() => pattern.exec(stdout) ?? pattern.exec(stderr) ?? undefined, String(pattern)),
    exit,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** Runs the adapter until it exits. */
export async function runCli(
  argv: readonly string[],
  home: string,
  env: Readonly<Record<string, string>> = {},
) {
  await using run = startCli(argv, home, env);
  const code = await run.exit;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}
