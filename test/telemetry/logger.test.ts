import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLogger, levelToggle } from '../../src/telemetry/logger.ts';
import { startCli } from '../support/cli-process.ts';

it.each([
  ['info', 'debug'],
  ['silent', 'debug'],
  ['debug', 'trace'],
])('toggles the log level from %s to %s and back', (configured, detailed) => {
  const logger = createLogger(configured, { write: () => undefined });
  const toggle = levelToggle(logger);
  toggle();
  expect(logger.level).toBe(detailed);
  toggle();
  expect(logger.level).toBe(configured);
});

it('toggles the log level of a running adapter at SIGUSR2', async () => {
  const home = await mkdtemp(join(tmpdir(), 'log-level-'));
  const flags = ['--sls-endpoint', 'http://127.0.0.1:1', '--authentication', 'none', '--secure-port', '0'];
  {
    await using run = startCli(['serve', ...flags, '--shutdown-delay-duration', '0s'], home);
    await run.output(/"msg":"The adapter is serving"/);
    run.kill('SIGUSR2');
    await run.output(/"logLevel":"debug"/);
    run.kill('SIGUSR2');
    await run.output(/"logLevel":"info"/);
    run.kill('SIGTERM');
    expect(await run.exit).toBe(0);
  }
  await rm(home, { recursive: true });
}, 40_000);
