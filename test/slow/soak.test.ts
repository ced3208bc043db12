import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { soakPlan } from '../../bench/soak/plan.ts';
import { evaluateSoak, soakTables } from '../../bench/soak/report.ts';
import { runSoak } from '../../bench/soak/soak.ts';
import { waitFor } from '../support/wait-for.ts';

const script = resolve(import.meta.dirname, '../../bench/soak/run.ts');

function startSoak(...args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return { child, ended: once(child, 'close'), stderr: () => stderr };
}

describe('a soak', () => {
  it('keeps memory and handles flat and every reading correct while HPAs are added and removed', async () => {
    const plan = soakPlan(30);
    const context = {
      signal: new AbortController().signal,
      progress: () => undefined,
      status: () => undefined,
    };
    const outcome = await runSoak(plan, context);
    const verdicts = evaluateSoak(outcome, plan);
    expect(verdicts.failures, soakTables(outcome, verdicts)).toEqual([]);
    expect(outcome.readings.correct).toBeGreaterThan(plan.temporaryHpas);
    expect(outcome.cycles.at(-1)?.added).toBe(plan.permanentHpas + plan.cycles * plan.temporaryHpas);
  });

  it('stops the adapter when it is interrupted', async () => {
    const { child, ended, stderr } = startSoak('--seconds', '30');
    const [, pid = ''] = await waitFor(() => /runs as process (\d+)/.exec(stderr()) ?? undefined);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    child.kill('SIGINT');
    expect(await ended).toEqual([1, null]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('fails at once with the last lines of the adapter if that dies', async () => {
    const { ended, stderr } = startSoak('--seconds', '600');
    const [, pid = ''] = await waitFor(() => /runs as process (\d+)/.exec(stderr()) ?? undefined);
    process.kill(Number(pid), 'SIGKILL');
    const killedMs = performance.now();
    expect(await ended).toEqual([1, null]);
    expect(performance.now() - killedMs).toBeLessThan(20_000);
    expect(stderr()).toMatch(/exited unexpectedly: code null, signal SIGKILL\n\{"level":/);
  });

  it('prints its usage if the length is invalid', async () => {
    const { ended, stderr } = startSoak('--seconds', '3');
    expect(await ended).toEqual([2, null]);
    expect(stderr()).toMatch(/SOAK_SECONDS/);
  });
});
