import type { Io } from './io.ts';

/**
 * Runs a program as this process: its arguments, its signals, its output, its exit code.
 *
 * @param name starts the line that reports an output that cannot be written
 */
export async function runProcess(
  name: string,
  run: (argv: readonly string[], io: Io) => Promise<number>,
): Promise<void> {
  const shutdown = new AbortController();
  // SIGHUP: the terminal was closed, or a process manager asks for an end.
  for (const signalName of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signalName, () => {
      // A second signal ends the process at once.
      if (shutdown.signal.aborted) process.exit(130);
      shutdown.abort(signalName);
    });
  }

  // npm passes on SIGTERM alone. Killed otherwise, it would leave its script running. The scripts begin with `exec`, so that
  // npm is the parent, and no shell.
  const parent = process.ppid;
  if (process.env['npm_lifecycle_event'] !== undefined)
    setInterval(() => {
      if (process.ppid !== parent) shutdown.abort('npm has ended');
    }, 1000).unref();

  // Node would open a debugger, which runs any code for all who reach its port.
  process.on('SIGUSR1', () => undefined);

  // EPIPE: the reader of the output has gone, as in `… | head`. That ends the program like a signal.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') {
      shutdown.abort(error.code);
      return;
    }
    process.stderr.write(`${name}: the output cannot be written: ${error.message}\n`);
    process.exit(1);
  });

  process.exitCode = await run(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: shutdown.signal,
    clock: { now: () => Date.now() },
    monotonicMs: () => performance.now(),
    random: () => Math.random(),
    onLogSignal: (toggle) => void process.on('SIGUSR2', toggle),
  });
}
