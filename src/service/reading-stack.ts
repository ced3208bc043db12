import { projectSettings } from '../config/project-settings.ts';
import type { Config } from '../config/schema.ts';
import { Collector } from '../reading/collector.ts';
import { Prefetcher, type PrefetchObserver } from '../reading/prefetcher.ts';
import { Reader } from '../reading/reader.ts';
import { SampleStore } from '../reading/sample-store.ts';
import { WantedSeries } from '../reading/wanted-series.ts';
import { AggregateSource } from '../sls/aggregate-source.ts';
import { SlsClient, type SlsObserver } from '../sls/client.ts';
import { createCredentialSource } from '../sls/credentials.ts';
import { resolveEndpoint } from '../sls/endpoint.ts';
import type { Surroundings } from './surroundings.ts';

/** Misses of one HPA sync arrive within this. */
const gatherMs = 2;
/** What a burst of misses waits at most for the query before it. */
const holdMs = 50;
const firstRetryPauseMs = 250;
const longestRetryPauseMs = 4000;

export type ReadingObserver = SlsObserver & PrefetchObserver;

/** A reader over SLS, without any server. */
export interface ReadingStack {
  readonly reader: Reader;
  /** What the prefetcher keeps fresh. What is read comes by itself. */
  readonly wanted: WantedSeries;
  readonly prefetcher: Prefetcher;
  close(): void;
}

export function createReading(config: Config, around: Surroundings, observer: ReadingObserver): ReadingStack {
  const { clock, random, env } = around;
  const { sls, reading } = config;
  const settingsOf = projectSettings(config);
  const client = new SlsClient(
    around.credentials ?? createCredentialSource(env),
    { connectTimeoutMs: sls.connectTimeoutSeconds * 1000, readTimeoutMs: sls.readTimeoutSeconds * 1000 },
    observer,
  );
  const source = new AggregateSource(client, clock);
  const store = new SampleStore(reading.maxSeries);
  const wanted = new WantedSeries(reading.maxSeries);
  const endpointSettings = { region: sls.region, network: sls.network, url: sls.endpoint };
  const collector = new Collector(
    { gatherMs, holdMs, firstPauseMs: firstRetryPauseMs, longestPauseMs: longestRetryPauseMs, random },
    {
      clock,
      endpointOf: ({ internalEndpoint }) => resolveEndpoint(endpointSettings, internalEndpoint),
      delaySecondsOf: ({ delaySeconds, project }) => {
        const own = settingsOf(project).reading;
        return delaySeconds ?? own.delaySeconds ?? own.delay.initialSeconds;
      },
      limitsOf: (project) => {
        const { maxNamedRoutes, deadlineSeconds } = settingsOf(project).reading;
        return { maxNamedRoutes, deadlineMs: deadlineSeconds * 1000 };
      },
      query: (query, signal) => source.query(query, signal),
      sink: store,
    },
  );
  const reader = new Reader({
    store,
    collector,
    wanted,
    settingsOf: (project) => {
      const { freshnessSeconds, maxStaleSeconds, patienceSeconds } = settingsOf(project).reading;
      return {
        freshnessMs: freshnessSeconds * 1000,
        maxStaleMs: maxStaleSeconds * 1000,
        patienceMs: patienceSeconds * 1000,
      };
    },
    clock,
  });
  const prefetcher = new Prefetcher({
    wanted,
    collector,
    refreshMsOf: (project) => settingsOf(project).reading.refreshSeconds * 1000,
    learnDelay: () => Promise.resolve(),
    clock,
    random,
    observer,
  });
  return { reader, wanted, prefetcher, close: () => client.close() };
}
