import { versionInfo } from '../api/discovery/version.ts';
import { readingSettings } from '../config/project-settings.ts';
import type { Config } from '../config/schema.ts';
import type { RequestParser } from '../access/request-parser.ts';
import { StatusPage } from '../status-page/status-page.ts';
import { StatusTracker } from '../status/status-tracker.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ReadingStack } from './reading-stack.ts';
import type { Dependencies } from './dependencies.ts';

/** The status page and the observers that feed it. */
export interface StatusStack {
  readonly observer: Partial<Telemetry>;
  readonly tracker: StatusTracker;
  page(reading: ReadingStack): StatusPage;
}

/** Further series are served, but the page does not show them. */
const maxSeries = 20_000;

/** Returns undefined without `telemetry.statusPage`. */
export function createStatus(
  config: Config,
  { clock }: Dependencies,
  parseRequest: RequestParser,
): StatusStack | undefined {
  if (!config.telemetry.statusPage) return undefined;
  const tracker = new StatusTracker({
    clock,
    version: versionInfo().gitVersion,
    parseRequest,
    limitsOf: readingSettings(config),
    maxSeries: Math.min(config.reading.maxSeries, maxSeries),
  });
  return {
    observer: {
      slsQueryFinished: (event) => tracker.slsQueryFinished(event),
      readFinished: ({ read }) => tracker.readFinished(read),
    },
    tracker,
    page: ({ sls, delays }) =>
      new StatusPage(tracker, {
        projects: () => sls.gates.counts(),
        logstores: () =>
          delays.learned().map(({ address: { project, logstore }, delaySeconds, saturated }) => ({
            project,
            logstore,
            delaySeconds,
            saturated,
          })),
      }),
  };
}
