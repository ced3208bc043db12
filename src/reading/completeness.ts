import { LRUCache } from 'lru-cache';
import { logstoreKey, type LogstoreAddress } from '../sls/endpoint.ts';
import type { DelaySettings } from './delay-estimator.ts';
import { DelayLearner, type DelayLearnerContext } from './delay-learner.ts';

export interface CompletenessContext extends DelayLearnerContext {
  readonly settingsOf: (project: string) => DelaySettings;
}

/** What is known of one logstore, asked over one endpoint. */
export interface LearnedDelay {
  readonly address: LogstoreAddress;
  readonly delaySeconds: number;
  /** Lines come later than the longest delay. */
  readonly saturated: boolean;
  /** When its last answered probe was sent, Unix ms. */
  readonly probedAtMs: number | undefined;
}

/** More are forgotten, those first that nobody has asked of for longest. */
const maxLogstores = 1000;

/** How late the lines of each logstore come. */
export class Completeness {
  readonly #context: CompletenessContext;
  readonly #learners = new LRUCache<string, DelayLearner>({ max: maxLogstores });

  constructor(context: CompletenessContext) {
    this.#context = context;
  }

  /** A window is complete that ends so many seconds before now, its fraction of a second dropped. */
  delaySecondsOf(address: LogstoreAddress): number {
    const learner = this.#learners.get(logstoreKey(address));
    return learner?.delaySeconds ?? this.#context.settingsOf(address.project).initialSeconds;
  }

  /** Whether the delay is more than where it starts from. */
  isLearned(address: LogstoreAddress): boolean {
    return this.#learners.get(logstoreKey(address))?.probedAtMs !== undefined;
  }

  /** Of each logstore that is probed. */
  learned(): LearnedDelay[] {
    return Array.from(this.#learners.values(), ({ address, delaySeconds, saturated, probedAtMs }) => ({
      address,
      delaySeconds,
      saturated,
      probedAtMs,
    }));
  }

  /**
   * Learns from one query to SLS where it is time for one, at most four a minute. To be called every few seconds for as
   * long as readings of the logstore are wanted, by as many as like to. Never rejects.
   */
  async probe(address: LogstoreAddress, signal: AbortSignal): Promise<void> {
    const key = logstoreKey(address);
    let learner = this.#learners.get(key);
    if (learner === undefined) {
      learner = new DelayLearner(address, this.#context.settingsOf(address.project), this.#context);
      this.#learners.set(key, learner);
    }
    await learner.probe(signal);
  }
}
