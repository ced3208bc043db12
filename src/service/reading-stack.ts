import { readingSettings, type ReadingSettings } from '../config/project-settings.ts';
import { heartbeatTarget } from '../config/heartbeat-section.ts';
import type { Config } from '../config/schema.ts';
import { Collector } from '../reading/collector.ts';
import { AdaptiveWindows } from '../reading/adaptive/adaptive-windows.ts';
import { Delays } from '../reading/delay/delays.ts';
import { Heartbeat } from '../reading/heartbeat/heartbeat.ts';
import { sendHeartbeat } from '../reading/heartbeat/heartbeat-request.ts';
import { Forecasts } from '../reading/history/forecasts.ts';
import type { Series } from '../metric/series.ts';
import { adaptiveBy } from '../reading/plan.ts';
import { ReadBeats } from '../reading/pace/read-beats.ts';
import { Prefetcher } from '../reading/prefetcher.ts';
import { Reader } from '../reading/reader.ts';
import { withRetry, type RetrySettings } from '../reading/retry.ts';
import {
  CompleteResults,
  forgetPlanned,
  type OutcomeSink,
  SampleStore,
  youngSample,
} from '../reading/sample-store.ts';
import { SilenceWatch } from '../reading/silence/silence-watch.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { tellAll } from '../telemetry/tell-all.ts';
import { createSls, type SlsStack } from './sls-stack.ts';
import type { Dependencies } from './dependencies.ts';

/** The reads of one HPA sync arrive within this time. */
const gatherMs = 2;
/** The most that a burst of reads waits for the query before it. */
const holdMs = 50;
const firstRetryPauseMs = 250;
/** Whose delay is learned: each takes up to 40 KB. */
const maxLogstores = 1000;
const longestRetryPauseMs = 4000;
/** SLS ends a query after 55 s. No read waits for the history of a forecast. */
const historyDeadlineMs = 60_000;
const historyRetries = 2;

/** All parts from SLS to the reader, without any server. */
export interface ReadingStack extends Disposable {
  readonly reader: Reader;
  /** When the series are read, for the prefetcher. */
  readonly beats: ReadBeats;
  readonly forecasts: Forecasts;
  /** What works between reads, once it runs. */
  readonly running: readonly ({ run(signal: AbortSignal): Promise<void> } | undefined)[];
  readonly store: SampleStore;
  readonly sls: SlsStack;
  readonly delays: Delays;
  readonly silence: SilenceWatch;
  /** Undefined without `heartbeat.url`. It sends nothing until it runs. */
  readonly heartbeat: Heartbeat | undefined;
  /** Whether the window of a series may be shorter while requests rise. */
  readonly isAdaptive: (series: Series) => boolean;
  /** Returns the settings of a project. */
  readonly settingsOf: (project: string) => ReadingSettings;
  readonly retryPauses: Omit<RetrySettings, 'deadlineMs'>;
}

/** @param sinks receive each outcome, after the store */
export function createReading(
  config: Config,
  dependencies: Dependencies,
  observer: Telemetry,
  sinks: readonly OutcomeSink[] = [],
): ReadingStack {
  const { clock, monotonicMs, random } = dependencies;
  const { maxSeries, perNamespace } = config.reading;
  const readingOf = readingSettings(config);
  const sls = createSls(config, dependencies, observer);
  const store = new SampleStore(maxSeries);
  const beats = new ReadBeats(maxSeries, perNamespace);
  const delays: Delays = new Delays({
    settingsOf: readingOf,
    ...{ endpointOf: sls.endpointOf, store, maxLogstores, clock, monotonicMs, observer },
    query: (query, signal) => silence.countSeconds(query, signal),
  });
  const heartbeat = createHeartbeat(config, sls, dependencies, observer);
  const silence = new SilenceWatch({
    ...{ query: sls.aggregates.query, countSeconds: sls.countSeconds, heartbeat },
    ...{ settingsOf: readingOf, learnedDelayOf: delays.learnedSecondsOf, clock, monotonicMs, observer },
    forgetAfter: (logstore, seconds) => forgetPlanned(logstore, seconds, store, complete),
  });
  const sink = tellAll(delays.sink, ...sinks);
  const windows = new AdaptiveWindows(observer);
  const isAdaptive = adaptiveBy(readingOf, delays.wasJustRaised);
  const complete = new CompleteResults({ isTooEarly: delays.isTooEarly, windows, sink, monotonicMs });
  const retryPauses = { firstPauseMs: firstRetryPauseMs, longestPauseMs: longestRetryPauseMs, random };
  const collector = new Collector(
    { gatherMs, holdMs, ...retryPauses },
    {
      ...{ clock, monotonicMs, endpointOf: sls.endpointOf, delaySecondsOf: delays.secondsOf, isAdaptive },
      ...{ limitsOf: silence.limitsOf, query: silence.query, windows, sink, complete, observer },
    },
  );
  const prefetcher = new Prefetcher({
    beats,
    collector,
    budgetOf: (project) => readingOf(project).refreshesIn15Seconds,
    learnDelay: delays.learn.bind(delays),
    isServed: (series) =>
      youngSample(store.get(series), readingOf(series.project).maxStaleMs, monotonicMs()) !== undefined,
    ...{ clock, monotonicMs, observer },
  });
  const forecasts = createForecasts(config, dependencies, { sls, delays, retryPauses }, observer, [
    store,
    ...sinks,
  ]);
  const reader = new Reader({
    ...{ store, collector, complete, beats, forecasts, settingsOf: readingOf, monotonicMs },
  });
  return {
    ...{ reader, beats, forecasts, store, sls, delays, silence, heartbeat, isAdaptive },
    running: [prefetcher, forecasts, heartbeat],
    settingsOf: readingOf,
    retryPauses,
    [Symbol.dispose]: () => sls.close(),
  };
}

function createForecasts(
  config: Config,
  { clock, monotonicMs, pause }: Dependencies,
  { sls, delays, retryPauses }: Pick<ReadingStack, 'sls' | 'delays' | 'retryPauses'>,
  observer: Telemetry,
  [store, ...sinks]: readonly [SampleStore, ...OutcomeSink[]],
): Forecasts {
  const readingOf = readingSettings(config);
  const retrySettings = { ...retryPauses, deadlineMs: historyDeadlineMs };
  return new Forecasts({
    ...{ clock, monotonicMs, pause, observer, sink: tellAll<OutcomeSink>(store, ...sinks) },
    maxForecasts: config.reading.maxForecasts,
    count: (query, signal) =>
      withRetry(
        (either) => sls.countMinutes(query, either),
        () => historyRetries,
        signal,
        retrySettings,
      ),
    endpointOf: sls.endpointOf,
    delaySecondsOf: delays.secondsOf,
    holdSecondsOf: (project) => readingOf(project).silence.holdSeconds,
    learnDelay: delays.learn.bind(delays),
  });
}

function createHeartbeat(
  config: Config,
  { heartbeats: lines }: SlsStack,
  { clock, monotonicMs, random }: Dependencies,
  observer: Telemetry,
): Heartbeat | undefined {
  const url = heartbeatTarget(config)?.url;
  if (url === undefined || lines === undefined) return undefined;
  const replica = Math.floor(random() * 2 ** 32).toString(16);
  const userAgent = `${lines.log.agentStart}${replica}`;
  return new Heartbeat({ url, userAgent, lines, send: sendHeartbeat, clock, monotonicMs, observer });
}
