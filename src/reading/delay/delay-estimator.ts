import { RememberedProbe, trialSeconds, type Probe } from './remembered-probe.ts';

export interface DelaySettings {
  /** What holds until something is known; within the other two. */
  readonly initialSeconds: number;
  readonly leastSeconds: number;
  readonly mostSeconds: number;
}

/** The delay is another than before. */
export interface DelayChange {
  readonly beforeSeconds: number;
  readonly delaySeconds: number;
  /** What the last readings with the delay before would have missed, as a share of their lines, on average. */
  readonly missingShare: number;
}

/** How far back a probe must reach for the longest delay to be judged, even where the next two fail. */
export const probeReachSeconds = ({ mostSeconds }: DelaySettings): number => mostSeconds + trialSeconds + 45;

/** A delay is judged by so many trials, the newest that have lines; */
const judgedTrials = 8;
/** where they have fewer lines than this, by more trials, */
const judgedLines = 100;
/** but by no more than this. */
const mostTrials = 20;
/** More than are judged: in a logstore with hardly any lines, few probes make a trial. */
const rememberedProbes = 40;
/** The delay is raised where the trials missed more than this on average; with less, few readings miss 1 %. */
const tolerableShare = 0.0005;
/** What they may miss with the delay that is chosen: less, so that it does not go to and fro. */
const goodShare = 0.0002;
/** In seconds. Less is not worth a change: chance decides it, and it would be raised again. */
const leastLowering = 2;

/** How the trials with one delay came out. */
interface Judgement {
  /** What they missed on average: of their lines, each trial counting the same. */
  readonly missingShare: number;
  /** Whether they are enough to lower the delay. */
  readonly settled: boolean;
}

/**
 * Learns how old the seconds of one logstore must be before their counts stop growing. Probes are kept until later ones
 * have told what was missing in them, and with it what a reading at that moment would have missed, for each delay.
 * Docs: decisions/learned-delay.md.
 */
export class DelayEstimator {
  readonly #settings: DelaySettings;
  #delaySeconds: number;
  #saturated = false;
  /** Newest first. */
  #probes: readonly RememberedProbe[] = [];

  constructor(settings: DelaySettings) {
    this.#settings = settings;
    this.#delaySeconds = settings.initialSeconds;
  }

  /** A window that ends this long before now, the fraction of a second dropped, is complete. */
  get delaySeconds(): number {
    return this.#delaySeconds;
  }

  /** Whether lines come later than the longest delay, so that readings miss some. */
  get saturated(): boolean {
    return this.#saturated;
  }

  /** @returns undefined where the delay stays */
  observe(probe: Probe): DelayChange | undefined {
    const newest = this.#probes[0]?.asOfSeconds ?? -Infinity;
    // The clock was set back: the same ages meant other moments before.
    const before = probe.asOfSeconds > newest ? this.#probes : [];
    for (const earlier of before) earlier.compare(probe);
    // Silence is no evidence, and takes nobody's place.
    const telling = before.filter((earlier) => earlier.hasLines);
    this.#probes = [new RememberedProbe(probe), ...telling].slice(0, rememberedProbes);
    return this.#learn();
  }

  #learn(): DelayChange | undefined {
    const { leastSeconds, mostSeconds } = this.#settings;
    const judgements = Array.from({ length: mostSeconds }, (_, seconds) => this.#judge(seconds));
    // At a probe, up to a second more had passed than its whole seconds say: one of d - 1 may have had all of d.
    const missing = (delaySeconds: number) => judgements[delaySeconds - 1]?.missingShare ?? 0;
    const shortest = (share: number) => {
      let seconds = mostSeconds;
      while (seconds > leastSeconds && missing(seconds) <= share && missing(seconds - 1) <= share) seconds--;
      return seconds;
    };
    const beforeSeconds = this.#delaySeconds;
    const goodSeconds = shortest(goodShare);
    let lowerSeconds = beforeSeconds;
    while (lowerSeconds > goodSeconds && judgements[lowerSeconds - 2]?.settled === true) lowerSeconds--;
    this.#saturated = missing(mostSeconds) > tolerableShare;
    if (shortest(tolerableShare) > beforeSeconds) this.#delaySeconds = goodSeconds;
    else if (lowerSeconds <= beforeSeconds - leastLowering) this.#delaySeconds = lowerSeconds;
    if (this.#delaySeconds === beforeSeconds) return undefined;
    return { beforeSeconds, delaySeconds: this.#delaySeconds, missingShare: missing(beforeSeconds) };
  }

  #judge(delaySeconds: number): Judgement {
    let trials = 0;
    let lines = 0;
    let shares = 0;
    for (const probe of this.#probes) {
      const trial = probe.trial(delaySeconds);
      if (trial === undefined || trial.lines === 0) continue;
      trials += 1;
      lines += trial.lines;
      shares += trial.late / trial.lines;
      if (trials >= (lines >= judgedLines ? judgedTrials : mostTrials))
        return { missingShare: shares / trials, settled: true };
    }
    return { missingShare: trials === 0 ? 0 : shares / trials, settled: false };
  }
}
