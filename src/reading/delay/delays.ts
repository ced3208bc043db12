import { routeColumnOf } from '../../metric/log-kind.ts';
import { countedKey, type Series } from '../../metric/series.ts';
import type { Endpoint } from '../../sls/endpoint.ts';
import type { CountedLogstore } from '../../sls/second-counts.ts';
import type { BatchRun, OutcomeSink, SampleStore } from '../sample-store.ts';
import type { DelaySettings } from './delay-estimator.ts';
import { DelayLearner, type DelayLearnerContext } from './delay-learner.ts';

interface DelaysContext extends DelayLearnerContext {
  readonly endpointOf: (series: Series) => Endpoint;
  /** `delaySeconds` is undefined if the project's delay is learned. */
  readonly settingsOf: (project: string) => {
    readonly delaySeconds?: number | undefined;
    readonly delay: DelaySettings;
  };
  readonly store: SampleStore;
  /** The delays of more logstores are not learned, and stay at their start values. */
  readonly maxLogstores: number;
}

/** Where a delay comes from. */
type DelaySource = 'label' | 'configuration' | 'learned' | 'start value';

/** The delay of the lines of one logstore, asked over one endpoint. */
export type LearnedDelay = Readonly<
  Pick<DelayLearner, 'address' | 'delaySeconds' | 'saturated' | 'probedAtMs'>
>;

/** A logstore without a wanted series for this long is forgotten, or up to twice as long. */
const unusedMs = 5 * 60_000;

const justRaisedMs = 60_000;

interface KnownLogstore {
  readonly learner: DelayLearner;
  /** Whether a series was wanted since unused logstores were last forgotten. */
  isUsed: boolean;
}

/** A learned delay has a second to spare, so a sample with one second less is still complete. */
const spareSeconds = 1;

/**
 * How long before now the window of a series ends: by its label, by the configuration, or learned for its logstore. Users
 * name the logstores, and the truth of readings rests on the delay: a logstore is never forgotten in favour of another.
 */
export class Delays {
  readonly #context: DelaysContext;
  /** @bound 1,000 logstores | 40 KB each | `reading.perNamespace.maxLogstores`; one that answers is never forgotten for another | a constant */
  readonly #logstores = new Map<string, KnownLogstore>();
  #forgotAtMs = -Infinity;

  /** Passes outcomes to the store, except samples whose delay became too short while their query was in flight. */
  readonly sink: OutcomeSink = {
    put: (series, sample, run) => {
      if (!this.isTooEarly(series, run)) this.#context.store.put(series, sample, run);
    },
    fail: (...failure) => this.#context.store.fail(...failure),
  };

  constructor(context: DelaysContext) {
    this.#context = context;
  }

  readonly secondsOf = (series: Series): number =>
    this.#fixedSecondsOf(series) ??
    this.#learnerOf(series)?.delaySeconds ??
    this.#context.settingsOf(series.project).delay.initialSeconds;

  /** Whether the learned delay proved too short within the last minute: lines come irregularly. */
  readonly wasJustRaised = (series: Series): boolean => {
    if (this.#fixedSecondsOf(series) !== undefined) return false;
    const sinceMs = this.#context.monotonicMs() - (this.#learnerOf(series)?.raisedAtMs ?? -Infinity);
    return sinceMs < justRaisedMs;
  };

  sourceOf(series: Series): DelaySource {
    if (series.delaySeconds !== undefined) return 'label';
    if (this.#fixedSecondsOf(series) !== undefined) return 'configuration';
    return this.#learnerOf(series)?.probedAtMs === undefined ? 'start value' : 'learned';
  }

  /** Returns the delay of each logstore that answered a probe: a name that does not exist is not listed. */
  learned(): LearnedDelay[] {
    const learners = Array.from(this.#logstores.values(), ({ learner }) => learner);
    return learners.filter(({ probedAtMs }) => probedAtMs !== undefined);
  }

  /** Returns the learned delay of one logstore; undefined if nothing was learned of it. */
  readonly learnedSecondsOf = (logstore: CountedLogstore): number | undefined => {
    const learner = this.#logstores.get(countedKey(logstore))?.learner;
    return learner?.probedAtMs === undefined ? undefined : learner.delaySeconds;
  };

  /**
   * Probes the logstores of the series whose delay is learned, each at most four times a minute. Call it every few
   * seconds while readings are wanted; concurrent calls are fine. Never rejects.
   *
   * @param namespaces that read the series, whose turn the probes take
   */
  async learn(
    series: readonly Series[],
    signal: AbortSignal,
    namespaces: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    this.#forgetUnused();
    const used = new Set<KnownLogstore>();
    for (const one of new Map(series.map((each) => [each.groupKey, each])).values()) {
      const known = this.#fixedSecondsOf(one) === undefined ? this.#use(one) : undefined;
      if (known !== undefined) used.add(known);
    }
    await Promise.all(
      Array.from(used, async ({ learner }) => {
        const hasChanged = await learner.probe(signal, namespaces);
        if (hasChanged) this.#forgetEarlySamples(learner.address);
      }),
    );
  }

  #fixedSecondsOf({ delaySeconds, project }: Series): number | undefined {
    return delaySeconds ?? this.#context.settingsOf(project).delaySeconds;
  }

  #learnerOf(series: Series): DelayLearner | undefined {
    return this.#logstores.get(countedKey(this.#addressOf(series)))?.learner;
  }

  /** Returns undefined if there is no room. */
  #use(series: Series): KnownLogstore | undefined {
    const address = this.#addressOf(series);
    const key = countedKey(address);
    let known = this.#logstores.get(key);
    if (known === undefined) this.#makeRoom();
    if (known === undefined && this.#logstores.size < this.#context.maxLogstores) {
      const settings = this.#context.settingsOf(series.project).delay;
      known = {
        learner: new DelayLearner(address, settings, this.#context),
        isUsed: true,
      };
      this.#logstores.set(key, known);
    }
    if (known !== undefined) known.isUsed = true;
    return known;
  }

  #forgetUnused(): void {
    const nowMs = this.#context.monotonicMs();
    if (nowMs - this.#forgotAtMs < unusedMs) return;
    this.#forgotAtMs = nowMs;
    for (const [key, known] of this.#logstores) {
      if (!known.isUsed) this.#logstores.delete(key);
      known.isUsed = false;
    }
  }

  /** A logstore that answers no probe gives way to another, since it may not exist. */
  #makeRoom(): void {
    if (this.#logstores.size < this.#context.maxLogstores) return;
    for (const [key, { learner }] of this.#logstores) {
      if (!learner.isUnanswered) continue;
      this.#logstores.delete(key);
      return;
    }
  }

  #addressOf(series: Series): CountedLogstore {
    const { project, logstore, metric, route } = series;
    const routeColumn = routeColumnOf(metric.logKind, route !== undefined);
    return { endpoint: this.#context.endpointOf(series), project, logstore, routeColumn };
  }

  /** Lines came after these samples were counted, so their values may be too low. */
  #forgetEarlySamples({ project, logstore }: CountedLogstore): void {
    this.#context.store.forget(
      (series, run) =>
        series.project === project && series.logstore === logstore && this.isTooEarly(series, run),
    );
  }

  /** Whether lines came after the window of a query was counted. */
  readonly isTooEarly = (series: Series, { delaySeconds }: BatchRun): boolean =>
    delaySeconds + spareSeconds < this.secondsOf(series);
}
