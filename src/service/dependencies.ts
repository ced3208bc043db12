import type { CredentialSource } from '../sls/credentials/credentials.ts';

/** What the service takes from its process. Tests replace it. */
export interface Dependencies {
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Overrides the configured credentials of all projects. */
  readonly credentials?: CredentialSource | undefined;
}
