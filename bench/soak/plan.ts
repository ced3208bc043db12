import { disturbances } from './disturbances.ts';

/** The phases of a soak and their lengths. */
export interface SoakPlan {
  readonly cycles: number;
  /** The first cycle whose resource usage is compared with that of later ones, counted from 0. */
  readonly firstComparedCycle: number;
  /** HPAs that exist from the first cycle to the last. */
  readonly permanentHpas: number;
  /** HPAs that are added and removed in each cycle. */
  readonly temporaryHpas: number;
  /** Whether each cycle has other temporary HPAs. Otherwise the same ones are added again. */
  readonly newNames: boolean;
  /** The four phases of a cycle: HPAs are added, all exist, HPAs are removed, nothing is read. */
  readonly addSeconds: number;
  readonly holdSeconds: number;
  readonly removeSeconds: number;
  readonly settleSeconds: number;
  /** Time between two reads of an HPA. */
  readonly readPeriodSeconds: number;
  /** Requests per second that are aborted or invalid, on new connections. */
  readonly misbehavingPerSecond: number;
  /** Series that only aborted requests read, in turn. */
  readonly abortedSeries: number;
  /** How long a disturbance lasts. */
  readonly disturbanceSeconds: number;
  /** How long after it reads may fail. */
  readonly graceSeconds: number;
  /** How the two minutes pass for which a read makes its series wanted. */
  readonly expiry: 'real time' | 'advanced clocks';
  /** At the end, SLS must not be queried for this long. */
  readonly idleSeconds: number;
  /** How much resident memory may grow over the compared cycles. In its first minute V8 keeps more pages, however little is alive. */
  readonly residentGrowthMb: number;
  /** Configuration file of the adapter. */
  readonly config: {
    readonly reading: { readonly maxSeries: number; readonly [setting: string]: number };
    readonly sls?: object;
  };
}

/** How long a series is wanted after its last read. */
export const wantedSeconds = 120;

/** A soak of this length or longer uses the adapter's default settings and real time only. */
const minRealSeconds = 400;

/** Time outside the cycles: the start, and what follows the last cycle. */
const realOverheadSeconds = 190;
const shortOverheadSeconds = 12;

/**
 * The first cycles compile code and fill caches, each kind of disturbance when it first happens.
 *
 * @param least the first cycle that can be compared at all
 */
const firstCompared = (cycles: number, least: number) =>
  Math.max(least, Math.min(disturbances.length, Math.floor(cycles / 4)));

/** @param seconds the approximate length */
export function soakPlan(seconds: number): SoakPlan {
  return seconds < minRealSeconds ? shortPlan(seconds) : realPlan(seconds);
}

function realPlan(seconds: number): SoakPlan {
  const [addSeconds, holdSeconds, removeSeconds, settleSeconds] = [10, 14, 8, 6];
  const cycleSeconds = addSeconds + holdSeconds + removeSeconds + settleSeconds + 3;
  const temporaryHpas = 500;
  const cycles = Math.floor((seconds - realOverheadSeconds) / cycleSeconds);
  return {
    cycles,
    // A series that is read in one cycle is wanted until the end of the second cycle after it.
    firstComparedCycle: firstCompared(cycles, 2),
    permanentHpas: 100,
    temporaryHpas,
    newNames: true,
    addSeconds,
    holdSeconds,
    removeSeconds,
    settleSeconds,
    readPeriodSeconds: 15,
    misbehavingPerSecond: 8,
    abortedSeries: 200,
    disturbanceSeconds: 20,
    graceSeconds: 20,
    expiry: 'real time',
    idleSeconds: 15,
    residentGrowthMb: 12,
    // Small enough to be full before the first measurement.
    config: { reading: { maxSeries: 5 * temporaryHpas } },
  };
}

function shortPlan(seconds: number): SoakPlan {
  const [addSeconds, holdSeconds, removeSeconds, settleSeconds] = [0.8, 1.2, 0.6, 0.1];
  const cycleSeconds = addSeconds + holdSeconds + removeSeconds + settleSeconds + 3;
  const cycles = Math.max(4, Math.floor((seconds - shortOverheadSeconds) / cycleSeconds));
  return {
    cycles,
    firstComparedCycle: firstCompared(cycles, 1),
    permanentHpas: 40,
    temporaryHpas: 200,
    newNames: false,
    addSeconds,
    holdSeconds,
    removeSeconds,
    settleSeconds,
    readPeriodSeconds: 0.7,
    misbehavingPerSecond: 40,
    abortedSeries: 8,
    disturbanceSeconds: 1,
    graceSeconds: 8,
    expiry: 'advanced clocks',
    idleSeconds: 2.5,
    residentGrowthMb: 40,
    config: {
      reading: { maxSeries: 2000, refreshesIn15Seconds: 15, freshnessSeconds: 2, deadlineSeconds: 10 },
      sls: { readTimeoutSeconds: 1, breaker: { openSeconds: 1 } },
    },
  };
}
