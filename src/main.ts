#!/usr/bin/env node
import { runProgram } from './cli/program.ts';
import { keepTickShape } from './runtime/tick-shape.ts';

keepTickShape();

const shutdown = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // A second signal means: now.
    if (shutdown.signal.aborted) process.exit(130);
    shutdown.abort(name);
  });
}

// Whoever read the output has gone, as in `… | head`: an end like any other.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') {
    shutdown.abort(error.code);
    return;
  }
  process.stderr.write(`sls-metrics-adapter: the output cannot be written: ${error.message}\n`);
  process.exit(1);
});

process.exitCode = await runProgram(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: shutdown.signal,
  clock: { now: () => Date.now() },
  random: () => Math.random(),
  onLogSignal: (toggle) => void process.on('SIGUSR2', toggle),
});
