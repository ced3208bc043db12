import { AdapterError } from '../../../src/errors.ts';
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

type DelayEvent = {
  [Name in keyof DelayObserver]: readonly [Name, Parameters<DelayObserver[Name]>[0]];
}[keyof DelayObserver];

/** A logstore of NGINX with 100 lines in each second, which arrive `lagSeconds` late. It has no index of other columns. */
export class ProbedLogstore {
  readonly clock = new TestClock();
  readonly monotonicMs = this.clock.monotonicMs;
  readonly sent: SecondCountQuery[] = [];
  readonly events: DelayEvent[] = [];
  lagSeconds = 3;
  /** If set, probes fail with it. */
  failure: Error | undefined;
  /** How long a probe takes. */
  answerMs = 0;
  /** Whether SLS counts at the end of that time rather than at its beginning. */
  countedAtTheEnd = false;

  readonly observer: DelayObserver = {
    delayLearned: (event) => this.events.push(['delayLearned', event]),
    probeFailing: (event) => this.events.push(['probeFailing', event]),
    probeRecovered: (event) => this.events.push(['probeRecovered', event]),
  };

  readonly query = (query: SecondCountQuery): Promise<SecondCounts> => {
    this.sent.push(query);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (![undefined, 'proxy_upstream_name'].includes(query.routeColumn))
      return Promise.reject(new AdapterError('IndexMissing', `no index of ${query.routeColumn}`));
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

/** The time between two probes that are sent as early as allowed. */
export const betweenProbesMs = 17_125;

/** A signal that is never aborted. */
export const alive = () => new AbortController().signal;
