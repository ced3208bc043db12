import { versionInfo } from '../api/discovery/version.ts';
import type { Config } from '../config/schema.ts';
import type { AutoscalerHandler } from '../kube/autoscalers/autoscaler-changes.ts';
import type { RequestParser } from '../access/request-parser.ts';
import type { OutcomeSink } from '../reading/collector.ts';
import { StatusPage } from '../status-page/status-page.ts';
import { StatusBoard } from '../status/status-board.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { readingSettings, type ReadingStack } from './reading-stack.ts';
import type { Surroundings } from './surroundings.ts';

/** What the status page is told, and by whom. Without a page nobody is asked to tell anything. */
export interface StatusStack {
  readonly observer: Partial<Telemetry>;
  /** Told of each outcome, after the store. */
  readonly sinks: readonly OutcomeSink[];
  /** Told of the HPAs. */
  readonly autoscalerHandlers: readonly AutoscalerHandler[];
  page(reading: ReadingStack): Promise<StatusPage | undefined>;
}

const none: StatusStack = {
  observer: {},
  sinks: [],
  autoscalerHandlers: [],
  page: () => Promise.resolve(undefined),
};

/** More are served, and not on the page. */
const mostSeries = 20_000;

export function createStatus(
  config: Config,
  { clock }: Surroundings,
  parseRequest: RequestParser,
): StatusStack {
  if (!config.telemetry.statusPage) return none;
  const board = new StatusBoard({
    clock,
    version: versionInfo().gitVersion,
    parseRequest,
    limitsOf: readingSettings(config),
    maxSeries: Math.min(config.reading.maxSeries, mostSeries),
  });
  return {
    observer: {
      slsQueryFinished: (event) => board.slsQueryFinished(event),
      readFinished: ({ read }) => board.readFinished(read),
    },
    sinks: [board.series],
    autoscalerHandlers: [board.autoscalers],
    page: ({ sls, delays }) =>
      StatusPage.load(board, {
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
