import type { CheckResult } from './check.ts';
import { allChecks } from './checks.ts';
import { findingOf, type Asked, type DoctorSurroundings, type Facts } from './examination.ts';
import { FactBook } from './facts.ts';
import { runChecks } from './run-checks.ts';

const deadlineMs = 15_000;

/**
 * Runs every check.
 *
 * @param signal aborted: what is not done yet is skipped
 * @param onResult told of each result, in the order of the list
 */
export async function examine(
  asked: Asked,
  around: DoctorSurroundings,
  signal: AbortSignal,
  onResult: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
  await using closing = new AsyncDisposableStack();
  const examination = { asked, around, facts: new FactBook<Facts>(), closing };
  return await runChecks(allChecks(asked), examination, { deadlineMs, signal, findingOf, onResult });
}
