import { RememberedProbe, trialSeconds, type Probe } from './remembered-probe.ts';

export interface DelaySettings {
  /** Used until something is learned; between the other two. */
  readonly initialSeconds: number;
  readonly leastSeconds: number;
  readonly mostSeconds: number;
}

export interface DelayChange {
  readonly beforeSeconds: number;
  readonly delaySeconds: number;
  /** The share of their lines that the last trials with the old delay missed, on average. */
  readonly missingShare: number;
}

/** How far back a probe must reach to judge the longest delay, even if the next two probes fail. */
export const probeReachSeconds = ({ mostSeconds }: DelaySettings): number => mostSeconds + trialSeconds + 45;

/** A delay is judged by the newest trials that have lines: by this many, */
const judgedTrials = 8;
/** or by more until they have this many lines together, */
const judgedLines = 100;
/** but by no more than this many. */
const mostTrials = 20;
/** The fewest trials with which the usual delay is taken again after lines were held up once. */
const returnTrials = 2;
/** More than are judged, because in a logstore with few lines most probes give no trial. */
const rememberedProbes = 40;
/** The delay is raised if the trials missed more on average. Up to this share, few readings miss 1 % of their lines. */
const tolerableShare = 0.0005;
/** The share that a new delay may miss. It is lower, so that the delay does not change back and forth. */
const goodShare = 0.0002;
/** A smaller gain in seconds is due to chance, and the delay would be raised again. */
const leastLowering = 2;

interface Judgement {
  /** The average over the trials of the share of lines that each missed. */
  readonly missingShare: number;
  /** Whether there are enough trials to lower the delay. */
  readonly settled: boolean;
}

/** Whether a reading with this delay or a longer one would have had all lines, as far as they have come since. */
function missesNothing(probe: RememberedProbe, delaySeconds: number): boolean {
  for (let seconds = delaySeconds; ; seconds++) {
    const trial = probe.trial(seconds);
    if (trial === undefined) return true;
    if (trial.late > trial.lines * goodShare) return false;
  }
}

/**
 * Learns how long before now a window must end so that no more lines arrive for it. Keeps probes until later probes show
 * which lines were missing, and derives what a reading with each delay would have missed.
 * docs/decisions/learned-delay.md
 */
export class DelayEstimator {
  /** A window that ends this long before now (rounded down to whole seconds) is complete. Set by `observe` only. */
  delaySeconds: number;
  /** Whether lines come later than the longest delay, so that readings miss some. Set by `observe` only. */
  saturated = false;
  /** Whether enough trials have confirmed the delay, and the newest missed nothing. Set by `observe` only. */
  isSteady = false;
  readonly #settings: DelaySettings;
  /** Whether as many trials as lower a delay have confirmed this one. */
  #isUsual = false;
  /** The usual delay of before, and when it proved too short. */
  #raised: { readonly usualSeconds: number; readonly atSeconds: number } | undefined;
  /**
   * Newest first.
   *
   * @bound as many as a delay is learned from | - | one logstore | a constant
   */
  #probes: readonly RememberedProbe[] = [];

  constructor(settings: DelaySettings) {
    this.#settings = settings;
    this.delaySeconds = settings.initialSeconds;
  }

  /** Returns undefined if the delay does not change. */
  observe(probe: Probe): DelayChange | undefined {
    const newest = this.#probes[0]?.asOfSeconds ?? -Infinity;
    // After the clock was set back, earlier probes are not comparable.
    const before = probe.asOfSeconds > newest ? this.#probes : [];
    for (const earlier of before) earlier.compare(probe);
    // A probe without lines proves nothing, so it must not displace one with lines.
    const withLines = before.filter((earlier) => earlier.hasLines);
    this.#probes = [new RememberedProbe(probe), ...withLines].slice(0, rememberedProbes);
    return this.#learn();
  }

  #learn(): DelayChange | undefined {
    const { leastSeconds, mostSeconds } = this.#settings;
    const judgements = Array.from({ length: mostSeconds }, (_, seconds) => this.#judge(seconds));
    // A probe is made up to a second after its whole second: a trial with d - 1 seconds may have had nearly d.
    const missing = (delaySeconds: number) => judgements[delaySeconds - 1]?.missingShare ?? 0;
    const shortest = (share: number) => {
      let seconds = mostSeconds;
      while (seconds > leastSeconds && missing(seconds) <= share && missing(seconds - 1) <= share) seconds--;
      return seconds;
    };
    const beforeSeconds = this.delaySeconds;
    const missingShare = missing(beforeSeconds);
    const goodSeconds = shortest(goodShare);
    let lowerSeconds = beforeSeconds;
    while (lowerSeconds > goodSeconds && judgements[lowerSeconds - 2]?.settled === true) lowerSeconds--;
    this.saturated = missing(mostSeconds) > tolerableShare;
    const since = this.#probesSinceHeldUp();
    if (since !== undefined) this.#return(since);
    else if (shortest(tolerableShare) > beforeSeconds) this.#raise(goodSeconds);
    else {
      if (lowerSeconds <= beforeSeconds - leastLowering) this.delaySeconds = lowerSeconds;
      this.#isUsual = this.#judge(this.delaySeconds - 1, this.#probesSinceRaise()).settled;
      if (this.#isUsual) this.#raised = undefined;
    }
    this.isSteady = this.#isUsual && this.delaySeconds === beforeSeconds && missingShare <= goodShare;
    if (this.delaySeconds === beforeSeconds) return undefined;
    return { beforeSeconds, delaySeconds: this.delaySeconds, missingShare };
  }

  #raise(toSeconds: number): void {
    const usualSeconds = this.#isUsual ? this.delaySeconds : this.#raised?.usualSeconds;
    const atSeconds = this.#probes[0]?.asOfSeconds ?? 0;
    this.#raised = usualSeconds === undefined ? undefined : { usualSeconds, atSeconds };
    this.#isUsual = false;
    this.delaySeconds = toSeconds;
  }

  /** Takes the usual delay again. Earlier probes would raise it once more. */
  #return(probes: readonly RememberedProbe[]): void {
    this.delaySeconds = this.#raised?.usualSeconds ?? this.delaySeconds;
    this.#raised = undefined;
    this.saturated = false;
    this.#probes = probes;
  }

  #probesSinceRaise(): readonly RememberedProbe[] {
    const { atSeconds = -Infinity } = this.#raised ?? {};
    return this.#probes.filter(({ asOfSeconds }) => asOfSeconds >= atSeconds);
  }

  /**
   * Returns the probes since lines come in time again, after something had held them up once, such as a stop of SLS or of
   * the collectors; undefined if that is not certain. One probe must be so old that later ones would have found lines that
   * come as late as the raised delay.
   */
  #probesSinceHeldUp(): readonly RememberedProbe[] | undefined {
    if (this.#raised === undefined) return undefined;
    const { usualSeconds } = this.#raised;
    const lastHeldUp = this.#probes.findIndex((probe) => !missesNothing(probe, usualSeconds - 1));
    const probes = this.#probes.slice(0, lastHeldUp < 0 ? undefined : lastHeldUp);
    const [newest] = probes;
    const oldest = probes.findLast((probe) => (probe.trial(usualSeconds - 1)?.lines ?? 0) > 0);
    if (newest === undefined || oldest === undefined) return undefined;
    const isOldEnough = newest.asOfSeconds - oldest.asOfSeconds >= this.delaySeconds - usualSeconds;
    return isOldEnough && this.#judge(usualSeconds - 1, probes, returnTrials).settled ? probes : undefined;
  }

  #judge(delaySeconds: number, probes = this.#probes, fewestTrials = judgedTrials): Judgement {
    let trials = 0;
    let lines = 0;
    let shares = 0;
    for (const probe of probes) {
      const trial = probe.trial(delaySeconds);
      if (trial === undefined || trial.lines === 0) continue;
      trials += 1;
      lines += trial.lines;
      shares += trial.late / trial.lines;
      if (trials >= (lines >= judgedLines ? fewestTrials : mostTrials))
        return { missingShare: shares / trials, settled: true };
    }
    return { missingShare: trials === 0 ? 0 : shares / trials, settled: false };
  }
}
