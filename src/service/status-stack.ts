import { versionInfo } from '../api/discovery/version.ts';
import { readingSettings } from '../config/project-settings.ts';
import type { Config } from '../config/schema.ts';
import type { RequestParser } from '../access/access-check.ts';
import { StatusPage } from '../status-page/status-page.ts';
import { forecastFigures } from '../reading/history/forecast-figures.ts';
import type { LogstoreState } from '../reading/silence/silence-watch.ts';
import { logstoreKey } from '../metric/series.ts';
import type { LogstoreStatus } from '../status/status-document.ts';
import { StatusTracker } from '../status/status-tracker.ts';
import type { ReadingStack } from './reading-stack.ts';
import type { Dependencies } from './dependencies.ts';

/** The status page and what feeds it. */
interface StatusStack {
  readonly tracker: StatusTracker;
  page(reading: ReadingStack): StatusPage;
}

/** Further forecasts are made, but not shown. */
const maxForecasts = 100;
/** Further series are served, but the page does not show them. */
const maxSeries = 20_000;

/** Returns undefined without `telemetry.statusPage`. */
export function createStatus(
  config: Config,
  { clock, monotonicMs }: Dependencies,
  parseRequest: RequestParser,
): StatusStack | undefined {
  if (!config.telemetry.statusPage) return undefined;
  const tracker = new StatusTracker({
    clock,
    monotonicMs,
    version: versionInfo().gitVersion,
    parseRequest,
    limitsOf: readingSettings(config),
    maxSeries: Math.min(config.reading.maxSeries, maxSeries),
  });
  return {
    tracker,
    page: (reading) =>
      new StatusPage(tracker, {
        projects: () => reading.sls.gates.counts(),
        logstores: () => logstoresOf(reading),
        forecasts: () => [...reading.forecasts.all()].slice(0, maxForecasts).map(forecastFigures),
      }),
  };
}

/** Returns the logstores that are probed or were queried lately. */
function logstoresOf({ delays, silence }: ReadingStack): LogstoreStatus[] {
  // Those of the lines with a route, and of all lines: the longer one.
  const byDelay = delays.learned().sort((one, other) => one.delaySeconds - other.delaySeconds);
  const learned = new Map(byDelay.map((one) => [logstoreKey(one.address), one]));
  // Lines with a route may have stopped while others come.
  const bySilence = silence.logstores().sort((one, other) => Number(!!one.silence) - Number(!!other.silence));
  const seen = new Map(bySilence.map((one) => [logstoreKey(one.address), one]));
  return Array.from(
    new Map<string, Pick<LogstoreState, 'address'>>([...learned, ...seen]),
    ([
      key,
      {
        address: { project, logstore },
      },
    ]) => {
      const { delaySeconds = null, saturated = false } = learned.get(key) ?? {};
      const { newestSeconds = -Infinity, silence: since } = seen.get(key) ?? {};
      return {
        ...{ project, logstore, delaySeconds, saturated },
        newestLineSeconds: Number.isFinite(newestSeconds) ? newestSeconds : null,
        silentSinceSeconds: since?.lastSeconds ?? null,
      };
    },
  );
}
