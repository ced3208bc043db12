import type { Outcome } from '../../src/metric/sample.ts';
import type { Series } from '../../src/metric/series.ts';
import { Collector, type CollectorContext, type CollectorSettings } from '../../src/reading/collector.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { TestClock } from '../support/test-clock.ts';
import { HeldQueries } from './held-queries.ts';

export interface Told {
  readonly series: Series;
  readonly outcome: Outcome;
  readonly plannedAtMs: number;
}

/** A collector over an SLS in the hands of the test, which retries without a pause. */
export function createCollector(
  context: Partial<CollectorContext> = {},
  settings: Partial<CollectorSettings> = {},
) {
  const sls = new HeldQueries();
  const clock = new TestClock();
  const told: Told[] = [];
  const collector = new Collector(
    { gatherMs: 5, deadlineMs: 10_000, firstPauseMs: 0, longestPauseMs: 0, random: () => 0, ...settings },
    {
      clock,
      query: sls.query,
      endpointOf: () => parseEndpointUrl('http://127.0.0.1:1'),
      delaySecondsOf: ({ delaySeconds }) => delaySeconds ?? 10,
      maxNamedRoutes: 200,
      onOutcome: (series, outcome, plannedAtMs) => told.push({ series, outcome, plannedAtMs }),
      ...context,
    },
  );
  return { collector, sls, clock, told };
}

export const values = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'sample' ? outcome.sample.value : outcome.error.code));

/** A signal that nobody aborts. */
export const alive = () => new AbortController().signal;
