export type CheckStatus = 'ok' | 'warn' | 'failed' | 'skipped';

/** What a check says: one thing found and, where it is not well, what to do about it. */
export interface Finding {
  readonly status: CheckStatus;
  /** A list of faults has a line for each. */
  readonly found: string;
  readonly remedy?: string;
  /** The exact text to run or to write, where there is one; may have several lines. */
  readonly write?: string;
}

export const ok = (found: string): Finding => ({ status: 'ok', found });

/** It works, but not as it should. */
export const warn = (found: string, remedy: string, write?: string): Finding =>
  finding('warn', found, remedy, write);

export const failed = (found: string, remedy: string, write?: string): Finding =>
  finding('failed', found, remedy, write);

/** There is nothing to look at; whatever waits for it is skipped too. */
export const skipped = (found: string, remedy?: string, write?: string): Finding =>
  finding('skipped', found, remedy, write);

function finding(status: CheckStatus, found: string, remedy?: string, write?: string): Finding {
  return {
    status,
    found,
    ...(remedy === undefined ? {} : { remedy }),
    ...(write === undefined ? {} : { write }),
  };
}

/** One entry of the list of checks. */
export interface Check<Examination> {
  /** Stable, in kebab-case: what others wait for, and scripts look for. */
  readonly id: string;
  /** What it looks at, for the docs. */
  readonly what: string;
  /** Checks that come before it in the list, and without which it says nothing: skipped where one is skipped or fails. */
  readonly after: readonly string[];
  /** Checks whose end it waits for, whatever comes out. */
  readonly behind?: readonly string[];
  /** Default: that of the run. */
  readonly deadlineMs?: number;
  /** Whatever it throws is a finding as well. The signal is aborted at its deadline. */
  readonly run: (examination: Examination, signal: AbortSignal) => Finding | Promise<Finding>;
}

/** What became of a check. */
export interface CheckResult extends Finding {
  readonly check: string;
  /** The checks that it would have needed: those that failed, not those that were skipped for them. */
  readonly waitsFor: readonly string[];
  readonly durationMs: number;
}
