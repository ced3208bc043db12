import type { Io } from '../src/cli/io.ts';
import type { Emulator } from './emulator.ts';
import {
  startCollecting,
  startForwarding,
  type CollectingOptions,
  type CollectingSink,
} from './ingest/collecting-sink.ts';
import type { Stamp } from './ingest/collector.ts';
import type { LogRecord, LogSink } from './log-record.ts';
import { kindOfLine, type LineKind } from './traffic/line-kinds.ts';
import { demoRoutes, oddRoutes } from './traffic/routes.ts';
import { startTraffic } from './traffic/traffic.ts';

/** The made-up traffic of `--traffic`. */
export type TrafficKind = 'demo' | 'odd';

/** Ingress pods of the made-up traffic, each with a collector of its own. */
export const trafficPods = 3;

/** How long made-up traffic has been logged at the start: more than a survey of a minute covers. */
const pastSeconds = 120;

interface LinesOptions {
  readonly stamp: Stamp;
  readonly traffic: TrafficKind | undefined;
  /** Default: nginx-ingress. */
  readonly kind?: LineKind;
  /** The logstore. */
  readonly sink: LogSink;
  readonly emulator: Pick<Emulator, 'collectFrom'>;
  readonly io: Io;
  readonly signal: AbortSignal;
}

/** Lines that come as time passes. */
interface Lines {
  /** The log of the ingress, from which the collector reads. */
  readonly sink: LogSink;
  /** Resolves after the signal has aborted. Rejects if a line cannot be stored. */
  readonly done: Promise<unknown>;
}

/** Starts the collector and the made-up traffic. */
export function startLines({
  stamp,
  traffic,
  kind = 'nginx-ingress',
  sink,
  emulator,
  io,
  signal,
}: LinesOptions): Lines {
  const pods = traffic === undefined ? 1 : trafficPods;
  const collected = (stamp === 'request' ? startForwarding : collectedBy)({
    stamp,
    pods,
    isStalled: emulator.collectFrom(pods),
    sink,
    clock: io.clock,
    signal,
  });
  return {
    sink: collected,
    done: Promise.all([collected.done, runTraffic(traffic, kind, collected, io, signal)]),
  };
}

/** A line of a time before the start was collected before the start: it keeps its time, and is there at once. */
function collectedBy(options: CollectingOptions): CollectingSink {
  const { sink, clock, isStalled } = options;
  const startSeconds = Math.floor(clock.now() / 1000);
  const collecting = startCollecting(options);
  const append = async (records: readonly LogRecord[]): Promise<void> => {
    const isHeld = isStalled?.(0, clock.now()) === true;
    const isPast = ({ timeSeconds }: LogRecord) => timeSeconds < startSeconds && !isHeld;
    await sink.append(records.filter(isPast));
    await collecting.append(records.filter((record) => !isPast(record)));
  };
  return { append, done: collecting.done };
}

async function runTraffic(
  traffic: TrafficKind | undefined,
  kind: LineKind,
  sink: LogSink,
  { clock, random }: Io,
  signal: AbortSignal,
): Promise<void> {
  if (traffic === undefined) return;
  const routes = traffic === 'odd' ? oddRoutes() : demoRoutes();
  const { done } = await startTraffic({
    routes,
    sink,
    clock,
    random,
    signal,
    record: kindOfLine[kind].record,
    pastSeconds,
  });
  await done;
}
