import process from 'node:process';
import { parseArgs } from 'node:util';
import { createLogUpdate } from 'log-update';
import { endingSignal } from '../support/ending-signal.ts';
import { soakPlan } from './plan.ts';
import { judgeSoak, soakTables } from './report.ts';
import { runSoak, type SoakContext } from './soak.ts';

const defaultSeconds = 600;
const leastSeconds = 25;
/** Whatever hangs must not hang for ever. */
const mostTimes = 2;

/** `npm run soak`: about ten minutes, or as many seconds as are given. Fails where something is not flat. */
const { values } = parseArgs({ options: { seconds: { type: 'string', short: 's' } } });
const seconds = Number(values.seconds ?? process.env['SOAK_SECONDS'] ?? defaultSeconds);
if (Number.isInteger(seconds) && seconds >= leastSeconds) {
  const { context, done } = reporting(process.stderr, endingSignal(60 + mostTimes * seconds));
  try {
    const plan = soakPlan(seconds);
    const outcome = await runSoak(plan, context);
    done();
    const verdicts = judgeSoak(outcome, plan);
    console.log(soakTables(outcome, verdicts));
    for (const failure of verdicts.failures) console.log(`FAILED: ${failure}`);
    process.exitCode = verdicts.failures.length === 0 ? 0 : 1;
  } catch (error) {
    done();
    console.error(context.signal.aborted ? String(context.signal.reason) : error);
    process.exitCode = 1;
  }
} else {
  console.error(`npm run soak -- [--seconds N]; N, or SOAK_SECONDS, is a whole number from ${leastSeconds}`);
  process.exitCode = 2;
}

/** A live line below those that stay, on a terminal. */
function reporting(stderr: NodeJS.WriteStream, signal: AbortSignal) {
  const startMs = performance.now();
  const timed = (text: string) =>
    `${((performance.now() - startMs) / 1000).toFixed(0).padStart(4)} s  ${text}`;
  const live = stderr.isTTY ? createLogUpdate(stderr) : undefined;
  const context: SoakContext = {
    signal,
    progress: (text) => {
      live?.clear();
      stderr.write(`${timed(text)}\n`);
    },
    now: (text) => live?.(timed(text)),
  };
  return { context, done: () => live?.clear() };
}
