/** What a soak does, and for how long. */
export interface SoakPlan {
  readonly cycles: number;
  /** The first cycle whose end is compared with those of later ones, counted from 0. */
  readonly steadyFrom: number;
  /** HPAs that are there from the first cycle to the last. */
  readonly stayingHpas: number;
  /** HPAs that come and go in each cycle. */
  readonly comingHpas: number;
  /** Whether they are others in each cycle; else the same come again. */
  readonly newNames: boolean;
  /** A cycle: HPAs come, all are there, HPAs go, nothing is read. */
  readonly riseSeconds: number;
  readonly staySeconds: number;
  readonly fallSeconds: number;
  readonly settleSeconds: number;
  /** From one read of an HPA to the next. */
  readonly readPeriodSeconds: number;
  /** Odd requests: hung up on, wrong, on new connections. */
  readonly oddPerSecond: number;
  /** Series that are only read by who hangs up, in turns. */
  readonly oddSeries: number;
  /** How long a disturbance of SLS lasts, and for how long after it reads may fail. */
  readonly troubleSeconds: number;
  readonly graceSeconds: number;
  /** Whether the two minutes for which a read is remembered are waited for, or the clocks set forward. */
  readonly forgetting: 'waited for' | 'clocks set forward';
  /** In the end, for so long SLS may not be asked. */
  readonly quietSeconds: number;
  /** Configuration file of the adapter. */
  readonly config: {
    readonly reading: { readonly maxSeries: number; readonly [setting: string]: number };
    readonly sls?: object;
  };
}

/** A series is wanted for that long after its last read. */
export const forgettingSeconds = 120;

/** From so many seconds on, with the adapter's own settings and nothing but real time. */
const leastRealSeconds = 400;

/** Beside the cycles: the start, and what follows the last cycle. */
const realOverheadSeconds = 190;
const shortOverheadSeconds = 12;

/** @param seconds about how long it is to take */
export function soakPlan(seconds: number): SoakPlan {
  return seconds < leastRealSeconds ? shortPlan(seconds) : realPlan(seconds);
}

function realPlan(seconds: number): SoakPlan {
  const [riseSeconds, staySeconds, fallSeconds, settleSeconds] = [10, 14, 8, 6];
  const cycleSeconds = riseSeconds + staySeconds + fallSeconds + settleSeconds + 3;
  const comingHpas = 500;
  return {
    cycles: Math.floor((seconds - realOverheadSeconds) / cycleSeconds),
    // What was read in a cycle is wanted until the end of the third.
    steadyFrom: 2,
    stayingHpas: 100,
    comingHpas,
    newNames: true,
    riseSeconds,
    staySeconds,
    fallSeconds,
    settleSeconds,
    readPeriodSeconds: 15,
    oddPerSecond: 8,
    oddSeries: 200,
    troubleSeconds: 20,
    graceSeconds: 20,
    forgetting: 'waited for',
    quietSeconds: 15,
    // What is held must be full before anything is measured.
    config: { reading: { maxSeries: 5 * comingHpas } },
  };
}

function shortPlan(seconds: number): SoakPlan {
  const [riseSeconds, staySeconds, fallSeconds, settleSeconds] = [0.8, 1.2, 0.6, 0.1];
  const cycleSeconds = riseSeconds + staySeconds + fallSeconds + settleSeconds + 3;
  return {
    cycles: Math.max(4, Math.floor((seconds - shortOverheadSeconds) / cycleSeconds)),
    steadyFrom: 1,
    stayingHpas: 40,
    comingHpas: 200,
    newNames: false,
    riseSeconds,
    staySeconds,
    fallSeconds,
    settleSeconds,
    readPeriodSeconds: 0.7,
    oddPerSecond: 40,
    oddSeries: 8,
    troubleSeconds: 1,
    graceSeconds: 8,
    forgetting: 'clocks set forward',
    quietSeconds: 2.5,
    config: {
      reading: { maxSeries: 2000, refreshSeconds: 1, freshnessSeconds: 2, deadlineSeconds: 10 },
      sls: { readTimeoutSeconds: 1, breaker: { openSeconds: 1 } },
    },
  };
}
