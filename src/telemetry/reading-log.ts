import type { Logger } from 'pino';
import type { AutoscalerDemandObserver } from '../reading/autoscaler-demand.ts';
import type { CollectObserver } from '../reading/collector.ts';
import type { CompletenessObserver } from '../reading/delay-learner.ts';
import type { PrefetchObserver } from '../reading/prefetcher.ts';

export interface ReadingLog
  extends PrefetchObserver, AutoscalerDemandObserver, CollectObserver, CompletenessObserver {}

/** What is logged of the readings that are kept fresh, and of who wants them. */
export function createReadingLog(logger: Logger): ReadingLog {
  return {
    batchSent: (event) => logger.trace(event, 'series are asked for in one query'),
    refreshFailing: ({ error, ...event }) =>
      logger.warn(
        { ...event, code: error.code },
        `readings are not refreshed; the last good ones are served for now: ${error.message}`,
      ),
    refreshRecovered: (event) => logger.info(event, 'readings are refreshed again'),
    delayLearned: (event) =>
      event.saturated
        ? logger.warn(event, 'lines come later than reading.delay.mostSeconds: readings may be too low')
        : logger.info(event, 'the delay of a logstore was learned anew'),
    probeFailing: ({ error, ...event }) =>
      logger.warn(
        { ...event, code: error.code },
        `it cannot be told how late lines come; the delay stays as it is: ${error.message}`,
      ),
    probeRecovered: (event) => logger.info(event, 'how late lines come is learned again'),
    autoscalerMetricRefused: ({ error, ...event }) =>
      logger.warn({ ...event, code: error.code }, `an HPA names a metric that is refused: ${error.message}`),
  };
}
