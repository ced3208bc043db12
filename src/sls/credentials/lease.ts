import type { Credentials } from '../credentials.ts';

/** Credentials, and how long they may be kept. */
export interface Lease {
  readonly credentials: Credentials;
  /** Unix ms; undefined where they do not say that they expire. */
  readonly expiresAtMs?: number | undefined;
  /** When they are asked for again, whether or not they expire; what is held stands where that fails. */
  readonly recheck?: {
    readonly afterMs: number;
    /** Whether those who ask meanwhile get what is held, or wait. */
    readonly inBackground: boolean;
  };
}

/**
 * Asks where credentials come from, each time anew: nothing is kept between calls, so a call is also what rebuilds
 * them after a refusal.
 *
 * @throws Error whose message says what is wrong, without a secret; AdapterError of the credentials it is based on
 */
export type CredentialOrigin = () => Promise<Lease>;
