import type { AdapterError } from '../../src/errors.ts';
import type { Outcome, Sample } from '../../src/metric/sample.ts';
import type { Series } from '../../src/metric/series.ts';
import { AdaptiveWindows } from '../../src/reading/adaptive/adaptive-windows.ts';
import {
  Collector,
  type CollectObserver,
  type CollectorContext,
  type CollectorLimits,
  type CollectorSettings,
} from '../../src/reading/collector.ts';
import type { BatchRun } from '../../src/reading/sample-store.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { TestClock } from '../support/test-clock.ts';
import { HeldQueries } from './held-queries.ts';

type Delivered =
  | { readonly series: Series; readonly sample: Sample; readonly run: BatchRun }
  | { readonly series: Series; readonly error: AdapterError; readonly plannedAtMs: number };

/** A collector whose SLS queries are answered by the test, and that retries without a pause. */
export function createCollector(
  context: Partial<CollectorContext> = {},
  settings: Partial<CollectorSettings> = {},
  limits: Partial<CollectorLimits> = {},
) {
  const sls = new HeldQueries();
  const clock = new TestClock();
  const delivered: Delivered[] = [];
  const batches: Parameters<CollectObserver['batchSent']>[0][] = [];
  const collector = new Collector(
    { gatherMs: 5, holdMs: 50, firstPauseMs: 0, longestPauseMs: 0, random: () => 0, ...settings },
    {
      clock,
      monotonicMs: clock.monotonicMs,
      query: sls.query,
      windows: new AdaptiveWindows({ windowShrunk: () => undefined }),
      endpointOf: () => parseEndpointUrl('http://127.0.0.1:1'),
      delaySecondsOf: ({ delaySeconds }) => delaySeconds ?? 10,
      limitsOf: () => ({ maxNamedRoutes: 200, deadlineMs: 10_000, ...limits }),
      sink: {
        put: (series, sample, run) => delivered.push({ series, sample, run }),
        fail: (series, error, plannedAtMs) => delivered.push({ series, error, plannedAtMs }),
      },
      complete: { keep: () => undefined },
      observer: { batchSent: (event) => batches.push(event) },
      ...context,
    },
  );
  return { collector, sls, clock, delivered, batches };
}

export const values = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'sample' ? outcome.sample.value : outcome.error.code));

/** A signal that is never aborted. */
export const alive = () => new AbortController().signal;
