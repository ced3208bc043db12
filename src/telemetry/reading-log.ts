import type { Logger } from 'pino';
import type { AutoscalerDemandObserver } from '../reading/autoscaler-demand.ts';
import type { PrefetchObserver } from '../reading/prefetcher.ts';

export interface ReadingLog extends PrefetchObserver, AutoscalerDemandObserver {}

/** What is logged of the readings that are kept fresh, and of who wants them. */
export function createReadingLog(logger: Logger): ReadingLog {
  return {
    refreshFailing: ({ error, ...event }) =>
      logger.warn(
        { ...event, code: error.code },
        `readings are not refreshed; the last good ones are served for now: ${error.message}`,
      ),
    refreshRecovered: (event) => logger.info(event, 'readings are refreshed again'),
    autoscalerMetricRefused: ({ error, ...event }) =>
      logger.warn({ ...event, code: error.code }, `an HPA names a metric that is refused: ${error.message}`),
  };
}
