import process from 'node:process';
import { parseArgs } from 'node:util';
import { createLogUpdate } from 'log-update';
import { endingSignal } from '../support/ending-signal.ts';
import { soakPlan } from './plan.ts';
import { evaluateSoak, soakTables } from './report.ts';
import { runSoak, type SoakContext } from './soak.ts';

const defaultSeconds = 600;
const minSeconds = 25;
/** A soak that takes longer than this many times its length is ended. */
const maxFactor = 5;

/** `npm run soak` takes about ten minutes, or as long as given. It fails if a resource grows or a reading is wrong. */
const { values } = parseArgs({ options: { seconds: { type: 'string', short: 's' } } });
const seconds = Number(values.seconds ?? process.env['SOAK_SECONDS'] ?? defaultSeconds);
if (Number.isInteger(seconds) && seconds >= minSeconds) {
  const { context, done } = reporting(process.stderr, endingSignal(60 + maxFactor * seconds));
  try {
    const plan = soakPlan(seconds);
    const outcome = await runSoak(plan, context);
    done();
    const verdicts = evaluateSoak(outcome, plan);
    console.log(soakTables(outcome, verdicts));
    for (const failure of verdicts.failures) console.log(`FAILED: ${failure}`);
    process.exitCode = verdicts.failures.length === 0 ? 0 : 1;
  } catch (error) {
    done();
    console.error(context.signal.aborted ? String(context.signal.reason) : error);
    process.exitCode = 1;
  }
} else {
  console.error(
    `npm run soak -- [--seconds N]; N (default: SOAK_SECONDS) must be a whole number, at least ${minSeconds}`,
  );
  process.exitCode = 2;
}

/** Writes progress lines to stderr and, on a terminal, the current status below them. */
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
    status: (text) => live?.(timed(text)),
  };
  return { context, done: () => live?.clear() };
}
