import { configSchema } from '../../../src/config/schema.ts';

/** The settings from which the bounds of a fault are computed. All are in seconds, except the counts. */
export interface FleetSettings {
  /** How often in 15 s a logstore is refreshed at most. */
  readonly refreshes: number;
  readonly freshness: number;
  readonly maxStale: number;
  readonly patience: number;
  readonly deadline: number;
  readonly readTimeout: number;
  readonly breakerFailures: number;
  readonly breakerOpen: number;
  readonly maxConcurrent: number;
  /** The label sls.query.interval. */
  readonly interval: number;
  /** Undefined: the delay is learned. */
  readonly delay: number | undefined;
  /** Lower bound of the delay. A learned delay reaches it, since lines become visible as their second ends. */
  readonly minDelay: number;
  readonly maxDelay: number;
}

const { reading, sls } = configSchema.parse({ sls: { endpoint: 'http://127.0.0.1:1' } });

/** The default settings. */
const production: FleetSettings = {
  refreshes: reading.refreshesIn15Seconds,
  freshness: reading.freshnessSeconds,
  maxStale: reading.maxStaleSeconds,
  patience: reading.patienceSeconds,
  deadline: reading.deadlineSeconds,
  readTimeout: sls.readTimeoutSeconds,
  breakerFailures: sls.breaker.failures,
  breakerOpen: sls.breaker.openSeconds,
  maxConcurrent: sls.maxConcurrentQueries,
  interval: 15,
  delay: undefined,
  minDelay: reading.delay.leastSeconds,
  maxDelay: reading.delay.initialSeconds,
};

/** About a fifth of the defaults, in whole seconds. */
const scaled: FleetSettings = {
  ...production,
  refreshes: 15,
  freshness: 2,
  maxStale: 4,
  patience: 1,
  deadline: 6,
  readTimeout: 3,
  breakerFailures: 5,
  breakerOpen: 2,
  interval: 5,
  delay: 3,
  minDelay: 3,
  maxDelay: 3,
};

/** Queries at SLS at a time: canceled ones end there a moment after the next ones begin. */
export const peakAtSls = ({ maxConcurrent }: FleetSettings): number => 2 * maxConcurrent;

/** How long faults last, and the settings. */
export interface FaultScale {
  readonly settings: FleetSettings;
  readonly faultSeconds: number;
  /** From the recovery of SLS to that of every reading, with room for a busy machine. */
  readonly recoverySeconds: number;
  /** Latency of a slow SLS. Longer than `patience`. */
  readonly slowMs: number;
  readonly isFull: boolean;
}

/** With `FAULTS_FULL=1` faults use the default settings and last for `OUTAGE_SECONDS` (default 600). */
export function faultScale(env: Readonly<Record<string, string | undefined>>): FaultScale {
  if (env['FAULTS_FULL'] !== '1')
    return { settings: scaled, faultSeconds: 7, recoverySeconds: 10, slowMs: 3000, isFull: false };
  const faultSeconds = Number(env['OUTAGE_SECONDS'] ?? 600);
  return { settings: production, faultSeconds, recoverySeconds: 15, slowMs: 5000, isFull: true };
}

/** Returns the text of the configuration file. */
export function configText(settings: FleetSettings): string {
  return JSON.stringify({
    sls: {
      readTimeoutSeconds: settings.readTimeout,
      maxConcurrentQueries: settings.maxConcurrent,
      breaker: { failures: settings.breakerFailures, openSeconds: settings.breakerOpen },
    },
    reading: {
      refreshesIn15Seconds: settings.refreshes,
      freshnessSeconds: settings.freshness,
      maxStaleSeconds: settings.maxStale,
      patienceSeconds: settings.patience,
      deadlineSeconds: settings.deadline,
      ...(settings.delay === undefined ? {} : { delaySeconds: settings.delay }),
    },
  });
}
