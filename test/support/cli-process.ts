import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { waitFor } from './wait-for.ts';

const checkout = resolve(import.meta.dirname, '../..');

/** Programs of the checkout, each started by its npm script of the same name. */
const mains = {
  adapter: join(checkout, 'src/main.ts'),
  emulate: join(checkout, 'emulator/main.ts'),
  demo: join(checkout, 'emulator/demo/main.ts'),
};

/** One run of the program in a process of its own. */
export interface CliProcess extends AsyncDisposable {
  readonly pid: number | undefined;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Closes the reader's end of its standard output. */
  closeStdout(): void;
  /** Resolves with the first match in all that it wrote, on either stream. */
  output(pattern: RegExp): Promise<RegExpExecArray>;
  /** The exit code; null: ended by a signal. */
  readonly exit: Promise<number | null>;
}

/** Nothing of the caller's environment but the PATH: no credentials, no configuration, no profile, no metadata service. */
const cleanEnvironment = { PATH: process.env['PATH'], ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' };

/** Starts the adapter. @param home a directory without profiles */
export const startCli = (
  argv: readonly string[],
  home: string,
  env: Readonly<Record<string, string>> = {},
): CliProcess => startMain('adapter', argv, home, env);

/** @param home a directory without profiles */
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
      waitFor(() => pattern.exec(stdout) ?? pattern.exec(stderr) ?? undefined, 10_000, String(pattern)),
    exit,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** Runs to the end. */
export async function runCli(
  argv: readonly string[],
  home: string,
  env: Readonly<Record<string, string>> = {},
) {
  await using run = startCli(argv, home, env);
  const code = await run.exit;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}
