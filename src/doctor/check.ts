export type CheckStatus = 'ok' | 'warn' | 'failed' | 'skipped';

/** Result of a check: what it found and, unless all is well, what to do about it. */
export interface Finding {
  readonly status: CheckStatus;
  /** One line a fault. */
  readonly found: string;
  readonly remedy?: string | undefined;
  /** The exact text to run or to write. May have several lines. */
  readonly write?: string | undefined;
  /** The parts of the check, for JSON alone. */
  readonly entries?: readonly object[];
}

const findingWith = (status: CheckStatus) => (found: string, remedy?: string, write?: string) =>
  ({ status, found, remedy, write }) satisfies Finding;

type Fault = (found: string, remedy: string, write?: string) => Finding;

export const ok: (found: string) => Finding = findingWith('ok');
/** It works, but not as it should. */
export const warn: Fault = findingWith('warn');
export const failed: Fault = findingWith('failed');
/** There is nothing to check. The checks that need this one are skipped too. */
export const skipped = findingWith('skipped');

/** One entry of the list of checks. */
export interface Check<Examination> {
  /** Stable, in kebab-case. Other checks and users' scripts refer to it. */
  readonly id: string;
  /** What holds when the check is `ok`. For the docs. */
  readonly description: string;
  /** Earlier checks of the list. If one of them fails or is skipped, this check is skipped. */
  readonly needs: readonly string[];
  /** Earlier checks that must have ended, whatever their result. */
  readonly runsAfter?: readonly string[];
  /** Default: the deadline of the run. */
  readonly deadlineMs?: number;
  /** A thrown error becomes a finding too. The signal is aborted at the deadline. */
  readonly run: (examination: Examination, signal: AbortSignal) => Finding | Promise<Finding>;
}

export interface CheckResult extends Finding {
  readonly check: string;
  /** The failed or skipped checks at the root of a skip, without those that were skipped because of them. */
  readonly waitsFor: readonly string[];
  readonly durationMs: number;
}
