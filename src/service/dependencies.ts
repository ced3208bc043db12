import type { Autoscaler } from '../kube/autoscalers/autoscaler.ts';
import type { CredentialSource } from '../sls/credentials/credentials.ts';

/** What the service takes from its process. Tests replace it. */
export interface Dependencies {
  /** Wall time, Unix ms: only where a time of day or a date is meant. */
  readonly clock: { now(): number };
  /** For ages, pauses and limits: a clock that is set does not change them. */
  readonly monotonicMs: () => number;
  /** How forecasts wait for the next minute. Default: by timers. */
  readonly pause?: ((pauseMs: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Overrides the configured credentials of all projects. */
  readonly credentials?: CredentialSource | undefined;
  /** HPAs to show on the status page without an API server. */
  readonly autoscalers?: readonly Autoscaler[];
}
