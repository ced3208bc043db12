import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { soakPlan } from '../../bench/soak/plan.ts';
import { judgeSoak, soakTables } from '../../bench/soak/report.ts';
import { runSoak } from '../../bench/soak/soak.ts';
import { waitFor } from '../support/wait-for.ts';

const script = resolve(import.meta.dirname, '../../bench/soak/run.ts');

/** A machine that is busy takes its time. */
const mostMs = 180_000;

function startSoak(...args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return { child, ended: once(child, 'close'), stderr: () => stderr };
}

describe('a soak', () => {
  it(
    'leaves memory and handles flat, and every reading right, while HPAs come and go',
    async () => {
      const plan = soakPlan(30);
      const context = {
        signal: new AbortController().signal,
        progress: () => undefined,
        now: () => undefined,
      };
      const outcome = await runSoak(plan, context);
      const verdicts = judgeSoak(outcome, plan);
      expect(verdicts.failures, soakTables(outcome, verdicts)).toEqual([]);
      expect(outcome.readings.right).toBeGreaterThan(plan.comingHpas);
      expect(outcome.cycles.at(-1)?.came).toBe(plan.stayingHpas + plan.cycles * plan.comingHpas);
    },
    mostMs,
  );

  it(
    'takes the adapter along when it is interrupted',
    async () => {
      const { child, ended, stderr } = startSoak('--seconds', '30');
      const [, pid = ''] = await waitFor(
        () => /runs as process (\d+)/.exec(stderr()) ?? undefined,
        mostMs / 2,
      );
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      child.kill('SIGINT');
      expect(await ended).toEqual([1, null]);
      expect(existsSync(`/proc/${pid}`)).toBe(false);
    },
    mostMs,
  );

  it('says how it is run where it is asked for something else', async () => {
    const { ended, stderr } = startSoak('--seconds', '3');
    expect(await ended).toEqual([2, null]);
    expect(stderr()).toMatch(/SOAK_SECONDS/);
  });
});
