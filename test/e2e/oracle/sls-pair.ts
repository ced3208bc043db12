import { vi } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import type { IndexConfig } from '../../../emulator/store/index-config.ts';
import type { Series } from '../../../src/metric/series.ts';
import { AggregateSource } from '../../../src/sls/aggregate-source.ts';
import type { LogQuery, LogSource, SlsClient } from '../../../src/sls/client.ts';
import type { LogResult } from '../../../src/sls/read-reply.ts';
import { parseEndpointUrl, type Endpoint } from '../../../src/sls/endpoint.ts';
import { TestClock } from '../../support/test-clock.ts';
import { accessKey, createClient } from '../../sls/sls-client.ts';

/** A logstore of the pair. Both endpoints have logstores of the same names, with different lines. */
export interface Place {
  /** Chooses the endpoint, as `sls.internal.endpoint` does. */
  readonly internal: boolean;
  readonly project: string;
  readonly logstore: string;
  readonly hasAlternative: boolean;
}

const place: Place = {
  internal: true,
  project: 'k8s-log-a',
  logstore: 'nginx-ingress',
  hasAlternative: true,
};
const otherProject: Place = { ...place, project: 'k8s-log-b' };
const otherEndpoint: Place = { ...place, internal: false };
const old: Place = { ...place, logstore: 'nginx-old', hasAlternative: false };
const oldRenewed: Place = { ...old, internal: false, hasAlternative: true };

export const places: readonly Place[] = [place, otherProject, otherEndpoint, old, oldRenewed];

/** Groups of places that differ in little, so that mixing them up is noticed. */
export const similarPlaces: readonly (readonly Place[])[] = [
  [place],
  [place, otherProject],
  [place, otherEndpoint],
  [place, old],
  [old, oldRenewed],
  [place, old, oldRenewed],
];

/** All fields as text; `index` has numbers as numbers. */
const oldIndex: IndexConfig = {
  fields: {
    status: 'text',
    request_length: 'text',
    body_bytes_sent: 'text',
    request_time: 'text',
    upstream_response_time: 'text',
    host: 'text',
    method: 'text',
    request_method: 'text',
    proxy_upstream_name: 'text',
    slb_pool_name: 'text',
  },
};
/** Only the fields that readings are made of, for speed. */
const index: IndexConfig = {
  fields: {
    ...oldIndex.fields,
    status: 'long',
    request_length: 'long',
    body_bytes_sent: 'long',
    request_time: 'double',
    proxy_alternative_upstream_name: 'text',
  },
};

/** Sends equal queries of the same instant once, and shares the reply. */
class SharedReplies implements LogSource {
  readonly #client: SlsClient;
  readonly #replies = new Map<string, Promise<LogResult>>();
  sent = 0;
  widerSeconds = 0;

  constructor(client: SlsClient) {
    this.#client = client;
  }

  query(query: LogQuery, signal: AbortSignal): Promise<LogResult> {
    const key = JSON.stringify(query);
    const known = this.#replies.get(key);
    if (known !== undefined) return known;
    this.sent += 1;
    const fromSeconds = query.fromSeconds - this.widerSeconds;
    const toSeconds = query.toSeconds + this.widerSeconds;
    const reply = this.#client.query({ ...query, fromSeconds, toSeconds }, signal);
    this.#replies.set(key, reply);
    return reply;
  }

  forget(): void {
    this.#replies.clear();
  }
}

/** Two SLS endpoints, each an emulator that verifies signatures, and one clock for them and the client. */
export class SlsPair {
  readonly clock = new TestClock();
  readonly source: AggregateSource;
  readonly #client: SlsClient;
  readonly #replies: SharedReplies;
  #emulators: readonly Emulator[] = [];
  /** The lag of the lines appended next. */
  #lagMs = 0;

  private constructor() {
    this.#client = createClient({ readTimeoutMs: 30_000 }).client;
    this.#replies = new SharedReplies(this.#client);
    this.source = new AggregateSource(this.#replies);
  }

  static async start(): Promise<SlsPair> {
    const pair = new SlsPair();
    const start = (internal: boolean) =>
      startEmulator({
        accessKey,
        clock: pair.clock,
        ingestLagMs: () => pair.#lagMs,
        sqlConcurrency: 1000,
        retentionSeconds: 7200,
        logstores: places
          .filter((one) => one.internal === internal)
          .map((one) => ({ ...one, index: one.hasAlternative ? index : oldIndex })),
      });
    pair.#emulators = await Promise.all([start(true), start(false)]);
    pair.advance(0);
    return pair;
  }

  /** How many SLS queries were sent. */
  get sent(): number {
    return this.#replies.sent;
  }

  /** How much more than the range of a query SLS reads from now on, on either side. */
  set widerSeconds(seconds: number) {
    this.#replies.widerSeconds = seconds;
  }

  readonly endpointOf = ({ internalEndpoint }: Series): Endpoint =>
    parseEndpointUrl(this.#emulatorOf(internalEndpoint === true).url);

  /** Appends lines now that become visible `lagMs` later. */
  async append({ internal, project, logstore }: Place, lagMs: number, records: readonly LogRecord[]) {
    this.#lagMs = lagMs;
    await this.#emulatorOf(internal).sink(project, logstore).append(records);
  }

  #emulatorOf(internal: boolean): Emulator {
    const emulator = this.#emulators[internal ? 0 : 1];
    if (emulator === undefined) throw new Error('not started');
    return emulator;
  }

  /** Also moves the system time, because signatures contain it. */
  advance(ms: number): void {
    this.clock.advance(ms);
    this.#replies.forget();
    vi.setSystemTime(this.clock.nowMs);
  }

  async stop(): Promise<void> {
    vi.useRealTimers();
    this.#client.close();
    await Promise.all(this.#emulators.map((emulator) => emulator.stop()));
  }
}
