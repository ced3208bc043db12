import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

/** The adapter itself needs about 30. */
const openFiles = 120;
const line = 'may open no more files';

/**
 * Clients open more connections than the process may open files.
 *
 * @attacks api/server/connections.ts
 */
describe('abuse: as many connections as the process may open files', () => {
  it('are told once with the remedy, and new connections work again while the attackers stay', async () => {
    await using scenario = await startScenario();
    const { attackers, adapter } = scenario;
    await promisify(execFile)('prlimit', [
      `--nofile=${openFiles}:${openFiles}`,
      '--pid',
      String(adapter.pid),
    ]);
    const attack = attackers.repeat({ count: 300, concurrency: 8, maxMs: 15_000 }, async () => {
      await attackers.http1();
      await sleep(5);
    });
    const told = () => adapter.lines.filter((one) => one.includes(line));
    await waitFor(() => told().length > 0);
    await attack;
    await sleep(1500);
    const harm = await scenario.attack(() => sleep(2000));
    expectUnharmed(harm);
    expect(told()).toHaveLength(1);
    expect(told()[0]).toContain('ulimit -n');
  });
});
