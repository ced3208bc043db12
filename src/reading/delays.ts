import type { Series } from '../metric/series.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { logstoreKey, type LogstoreAddress } from '../sls/endpoint.ts';
import { Completeness, type CompletenessContext, type LearnedDelay } from './completeness.ts';
import type { BatchRun, OutcomeSink } from './collector.ts';
import type { SampleStore } from './sample-store.ts';

export interface DelaysContext extends CompletenessContext {
  readonly endpointOf: (series: Series) => Endpoint;
  /** Undefined: it is learned. */
  readonly fixedSecondsOf: (project: string) => number | undefined;
  readonly store: SampleStore;
}

/** Where a delay comes from. */
export type DelaySource = 'label' | 'configuration' | 'learned' | 'start value';

/** A delay that was learned has a second to spare, so a sample that lacks no more than that is complete. */
const spareSeconds = 1;

/** Whether what decides where a delay is learned, and whether at all, is the same for both. */
const areProbedAlike = (one: Series, other: Series): boolean =>
  one.project === other.project &&
  one.logstore === other.logstore &&
  one.internalEndpoint === other.internalEndpoint &&
  one.delaySeconds === other.delaySeconds;

/** How long before now the window of each series ends: as it says itself, as configured, or as learned. */
export class Delays {
  readonly #context: DelaysContext;
  readonly #completeness: Completeness;

  /** Has the store keep what comes, but for samples of queries that the delay has outgrown while they were under way. */
  readonly sink: OutcomeSink = {
    put: (series, sample, run) => {
      if (!this.#isEarly(series, run)) this.#context.store.put(series, sample, run);
    },
    fail: (...failure) => {
      this.#context.store.fail(...failure);
    },
  };

  constructor(context: DelaysContext) {
    const { observer } = context;
    this.#context = context;
    this.#completeness = new Completeness({
      ...context,
      observer: {
        ...observer,
        delayLearned: (event) => {
          this.#forgetEarlySamples(event);
          observer.delayLearned(event);
        },
      },
    });
  }

  secondsOf(series: Series): number {
    return this.#fixedSecondsOf(series) ?? this.#completeness.delaySecondsOf(this.#addressOf(series));
  }

  /** What decides `secondsOf`. */
  sourceOf(series: Series): DelaySource {
    if (series.delaySeconds !== undefined) return 'label';
    if (this.#fixedSecondsOf(series) !== undefined) return 'configuration';
    return this.#completeness.isLearned(this.#addressOf(series)) ? 'learned' : 'start value';
  }

  /** Of each logstore that is probed. */
  learned(): LearnedDelay[] {
    return this.#completeness.learned();
  }

  /** Learns how late the lines of these series come, where it is time to; never rejects. */
  async learn(series: readonly Series[], signal: AbortSignal): Promise<void> {
    const distinct = new Map<string, LogstoreAddress>();
    // Of thousands, neighbours mostly share it.
    let before: Series | undefined;
    for (const one of series) {
      if (before !== undefined && areProbedAlike(one, before)) continue;
      before = one;
      if (this.#fixedSecondsOf(one) !== undefined) continue;
      const address = this.#addressOf(one);
      distinct.set(logstoreKey(address), address);
    }
    await Promise.all([...distinct.values()].map((address) => this.#completeness.probe(address, signal)));
  }

  #fixedSecondsOf({ delaySeconds, project }: Series): number | undefined {
    return delaySeconds ?? this.#context.fixedSecondsOf(project);
  }

  #addressOf(series: Series): LogstoreAddress {
    const { project, logstore } = series;
    return { endpoint: this.#context.endpointOf(series), project, logstore };
  }

  /** Lines came after they were counted: those samples may be too low. */
  #forgetEarlySamples({ project, logstore }: Pick<LogstoreAddress, 'project' | 'logstore'>): void {
    this.#context.store.forget(
      (series, run) =>
        series.project === project && series.logstore === logstore && this.#isEarly(series, run),
    );
  }

  #isEarly(series: Series, { delaySeconds }: BatchRun): boolean {
    return delaySeconds + spareSeconds < this.secondsOf(series);
  }
}
