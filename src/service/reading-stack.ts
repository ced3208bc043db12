import type { Config } from '../config/schema.ts';
import { Collector } from '../reading/collector.ts';
import { Reader } from '../reading/reader.ts';
import { SampleStore } from '../reading/sample-store.ts';
import { AggregateSource } from '../sls/aggregate-source.ts';
import { SlsClient, type SlsObserver } from '../sls/client.ts';
import { createCredentialSource } from '../sls/credentials.ts';
import { resolveEndpoint } from '../sls/endpoint.ts';
import type { Surroundings } from './surroundings.ts';

/** Misses of one HPA sync arrive within this. */
const gatherMs = 2;
const maxNamedRoutes = 200;
const firstRetryPauseMs = 250;
const longestRetryPauseMs = 4000;

/** A reader over SLS, without any server. */
export interface ReadingStack {
  readonly reader: Reader;
  close(): void;
}

export function createReading(config: Config, around: Surroundings, observer: SlsObserver): ReadingStack {
  const { clock, random, env } = around;
  const { sls, reading } = config;
  const client = new SlsClient(
    around.credentials ?? createCredentialSource(env),
    { connectTimeoutMs: sls.connectTimeoutSeconds * 1000, readTimeoutMs: sls.readTimeoutSeconds * 1000 },
    observer,
  );
  const source = new AggregateSource(client, clock);
  const store = new SampleStore(reading.maxSeries);
  const endpointSettings = { region: sls.region, network: sls.network, url: sls.endpoint };
  const collector = new Collector(
    {
      gatherMs,
      deadlineMs: reading.deadlineSeconds * 1000,
      firstPauseMs: firstRetryPauseMs,
      longestPauseMs: longestRetryPauseMs,
      random,
    },
    {
      clock,
      endpointOf: ({ internalEndpoint }) => resolveEndpoint(endpointSettings, internalEndpoint),
      delaySecondsOf: ({ delaySeconds }) => delaySeconds ?? reading.delaySeconds ?? reading.delay.initialSeconds,
      maxNamedRoutes,
      query: (query, signal) => source.query(query, signal),
      onOutcome: (series, outcome, plannedAtMs) => {
        if (outcome.kind === 'sample') store.put(series, { sample: outcome.sample, plannedAtMs });
      },
    },
  );
  const reader = new Reader({ freshnessMs: reading.freshnessSeconds * 1000 }, store, collector, clock);
  return { reader, close: () => client.close() };
}
