import type { CheckStatus } from '../../../src/doctor/check.ts';
import type { HealthySetup } from '../healthy-setup.ts';

/** A fault, and the result that doctor must have for it. */
export interface Fault {
  readonly name: string;
  /** Breaks a part of the healthy setup. Adds what it opens to the stack. */
  readonly inject: (setup: HealthySetup, cleanup: AsyncDisposableStack) => void | Promise<void>;
  /** The only check that must report it. */
  readonly check: string;
  readonly status: Extract<CheckStatus, 'failed' | 'warn'>;
  /** Parts of the text. */
  readonly found: readonly string[];
  readonly remedy: string;
  /** The whole text to write, or a part of it. */
  readonly write?: string | readonly string[];
  /** Checks that must be skipped because of it. */
  readonly skipped?: readonly string[];
}

/** The emulator's answer to queries from now on. */
export const refusal = (errorCode: string, errorMessage: string, status = 401) => ({
  status,
  errorCode,
  errorMessage,
});
