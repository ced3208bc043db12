import type { CredentialSource } from '../sls/credentials/credentials.ts';

/** What differs between a process and a test. */
export interface Surroundings {
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Given: those of every project, in place of the configured ones. */
  readonly credentials?: CredentialSource | undefined;
}
