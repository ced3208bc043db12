import type { DelayObserver } from '../../../src/reading/delay/delay-learner.ts';
import { parseEndpointUrl, type LogstoreAddress } from '../../../src/sls/endpoint.ts';
import type { SecondCountQuery, SecondCounts } from '../../../src/sls/second-counts.ts';
import { TestClock } from '../../support/test-clock.ts';

export const addressWith = (changes: Partial<LogstoreAddress> = {}): LogstoreAddress => ({
  endpoint: parseEndpointUrl('http://127.0.0.1:1'),
  project: 'p1',
  logstore: 'nginx-ingress',
  ...changes,
});

type Told = {
  [Event in keyof DelayObserver]: readonly [Event, Parameters<DelayObserver[Event]>[0]];
}[keyof DelayObserver];

/** A logstore with 100 lines in each second, `lagSeconds` late, in the hands of the test. */
export class ProbedLogstore {
  readonly clock = new TestClock();
  readonly sent: SecondCountQuery[] = [];
  readonly told: Told[] = [];
  lagSeconds = 3;
  /** What the next probes fail with. */
  failure: Error | undefined;
  /** What passes while a probe is answered. */
  answerMs = 0;
  /** Whether a slow probe is counted at the end of that time, rather than the beginning. */
  countedAtTheEnd = false;

  readonly observer: DelayObserver = {
    delayLearned: (event) => this.told.push(['delayLearned', event]),
    probeFailing: (event) => this.told.push(['probeFailing', event]),
    probeRecovered: (event) => this.told.push(['probeRecovered', event]),
  };

  readonly query = (query: SecondCountQuery): Promise<SecondCounts> => {
    this.sent.push(query);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const startMs = this.clock.now();
    this.clock.advance(this.answerMs);
    return Promise.resolve(this.#counts(query, this.countedAtTheEnd ? this.clock.now() : startMs));
  };

  #counts({ window }: SecondCountQuery, nowMs: number): SecondCounts {
    const counts = new Map<number, number>();
    for (let second = window.startSeconds; second < window.endSeconds; second++)
      if (second + 1 + this.lagSeconds <= nowMs / 1000) counts.set(second, 100);
    return counts;
  }
}

/** From probe to probe, when they are asked for at the first moment that is due. */
export const betweenProbesMs = 17_125;

/** A signal that nobody aborts. */
export const alive = () => new AbortController().signal;
