import type { CheckStatus } from '../../../src/doctor/check.ts';
import type { Patient } from '../patient.ts';

/** Something to go wrong, and what doctor must say of it. */
export interface Fault {
  readonly name: string;
  /** What goes wrong; the patient is in good health before. Whatever it opens is closed with the stack. */
  readonly plant: (patient: Patient, closing: AsyncDisposableStack) => void | Promise<void>;
  /** The one check that must find it. */
  readonly check: string;
  readonly status: Extract<CheckStatus, 'failed' | 'warn'>;
  /** Parts of what it says. */
  readonly found: readonly string[];
  readonly remedy: string;
  /** The whole text to write, or a part of it. */
  readonly write?: string | readonly string[];
  /** Checks that must be skipped for it. */
  readonly skipped?: readonly string[];
}

/** What a query is answered with, from now on. */
export const refusal = (errorCode: string, errorMessage: string, status = 401) => ({
  status,
  errorCode,
  errorMessage,
});
