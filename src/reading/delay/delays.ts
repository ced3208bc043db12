import { LRUCache } from 'lru-cache';
import type { Series } from '../../metric/series.ts';
import { logstoreKey, type Endpoint, type LogstoreAddress } from '../../sls/endpoint.ts';
import type { BatchRun, OutcomeSink, SampleStore } from '../sample-store.ts';
import type { DelaySettings } from './delay-estimator.ts';
import { DelayLearner, type DelayLearnerContext } from './delay-learner.ts';

export interface DelaysContext extends DelayLearnerContext {
  readonly endpointOf: (series: Series) => Endpoint;
  /** Returns undefined if the project's delay is learned. */
  readonly fixedSecondsOf: (project: string) => number | undefined;
  readonly settingsOf: (project: string) => DelaySettings;
  readonly store: SampleStore;
}

/** Where a delay comes from. */
export type DelaySource = 'label' | 'configuration' | 'learned' | 'start value';

/** The delay of one logstore, asked over one endpoint. */
export type LearnedDelay = Readonly<
  Pick<DelayLearner, 'address' | 'delaySeconds' | 'saturated' | 'probedAtMs'>
>;

/** With more, the least recently used is forgotten. */
const maxLogstores = 1000;

/** A learned delay has a second to spare, so a sample with one second less is still complete. */
const spareSeconds = 1;

/** How long before now the window of a series ends: by its label, by the configuration, or learned for its logstore. */
export class Delays {
  readonly #context: DelaysContext;
  readonly #learners = new LRUCache<string, DelayLearner>({ max: maxLogstores });

  /** Passes outcomes to the store, except samples whose delay became too short while their query was in flight. */
  readonly sink: OutcomeSink = {
    put: (series, sample, run) => {
      if (!this.#isTooEarly(series, run)) this.#context.store.put(series, sample, run);
    },
    fail: (...failure) => this.#context.store.fail(...failure),
  };

  constructor(context: DelaysContext) {
    this.#context = context;
  }

  readonly secondsOf = (series: Series): number =>
    this.#fixedSecondsOf(series) ??
    this.#learnerOf(series)?.delaySeconds ??
    this.#context.settingsOf(series.project).initialSeconds;

  sourceOf(series: Series): DelaySource {
    if (series.delaySeconds !== undefined) return 'label';
    if (this.#fixedSecondsOf(series) !== undefined) return 'configuration';
    return this.#learnerOf(series)?.probedAtMs === undefined ? 'start value' : 'learned';
  }

  /** Returns the delay of each logstore that is probed. */
  learned(): LearnedDelay[] {
    return [...this.#learners.values()];
  }

  /**
   * Probes the logstores of the series whose delay is learned, each at most four times a minute. Call it every few
   * seconds while readings are wanted; concurrent calls are fine. Never rejects.
   */
  async learn(series: readonly Series[], signal: AbortSignal): Promise<void> {
    const learners = new Set<DelayLearner>();
    for (const one of new Map(series.map((each) => [each.groupKey, each])).values())
      if (this.#fixedSecondsOf(one) === undefined)
        learners.add(this.#learnerOf(one) ?? this.#addLearner(one));
    await Promise.all(
      Array.from(learners, async (learner) => {
        const hasChanged = await learner.probe(signal);
        if (hasChanged) this.#forgetEarlySamples(learner.address);
      }),
    );
  }

  #fixedSecondsOf({ delaySeconds, project }: Series): number | undefined {
    return delaySeconds ?? this.#context.fixedSecondsOf(project);
  }

  #learnerOf(series: Series): DelayLearner | undefined {
    return this.#learners.get(logstoreKey(this.#addressOf(series)));
  }

  #addLearner(series: Series): DelayLearner {
    const address = this.#addressOf(series);
    const learner = new DelayLearner(address, this.#context.settingsOf(series.project), this.#context);
    this.#learners.set(logstoreKey(address), learner);
    return learner;
  }

  #addressOf(series: Series): LogstoreAddress {
    const { project, logstore } = series;
    return { endpoint: this.#context.endpointOf(series), project, logstore };
  }

  /** Lines came after these samples were counted, so their values may be too low. */
  #forgetEarlySamples({ project, logstore }: LogstoreAddress): void {
    this.#context.store.forget(
      (series, run) =>
        series.project === project && series.logstore === logstore && this.#isTooEarly(series, run),
    );
  }

  #isTooEarly(series: Series, { delaySeconds }: BatchRun): boolean {
    return delaySeconds + spareSeconds < this.secondsOf(series);
  }
}
