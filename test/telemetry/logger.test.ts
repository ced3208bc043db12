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

it('cuts whatever it is told to a few KiB, and keeps the end of a message', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  const long = '😀'.repeat(100_000);
  const deep = { a: { b: { c: { d: { e: long } } } } };
  const error = new Error(long, { cause: new Error(long) });
  const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`f${index}`, index]));
  logger.info({ long, [long]: 1, list: Array(1000).fill(long), deep }, `begin ${long} what to do.`);
  logger.error({ err: error, cause: error }, 'short');
  logger.warn(fields, 'many');
  logger.warn(`only ${long}`);
  for (const line of lines) {
    expect(line.length).toBeLessThan(20_000);
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  }
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    long: `${'😀'.repeat(250)}…`,
    deep: { a: { b: { c: '…' } } },
    msg: expect.stringMatching(/^begin 😀+.*… ….*😀 what to do\.$/u) as unknown,
  });
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ err: { type: 'Error' }, msg: 'short' });
  expect(Object.keys(JSON.parse(lines[2] ?? '') as object)).toHaveLength(33);
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
});
