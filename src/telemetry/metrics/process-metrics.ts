import { collectDefaultMetrics } from 'prom-client';
import type { MetricRegistry } from './metric-registry.ts';

/**
 * Gauges named as counters, which `promtool check metrics` refuses, and what they sum up; eight spaces of the heap; what
 * has no value yet when it is first asked.
 */
const leftOut = [
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
  'nodejs_heap_space_size_available_bytes',
];

/** How often the delay of the event loop is sampled. */
const samplingMs = 20;

/**
 * What the library tells of the process. It watches the event loop and each garbage collection, and nothing ends that:
 * to be called where somebody scrapes.
 */
export function addProcessMetrics({ registry }: MetricRegistry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: samplingMs });
  for (const name of leftOut) registry.removeSingleMetric(name);
}
