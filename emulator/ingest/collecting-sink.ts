import { setTimeout as sleep } from 'node:timers/promises';
import type { LogSink } from '../log-record.ts';
import { Collector, type CollectorOptions } from './collector.ts';

const tickMs = 100;

/** A collector that runs by a clock, and where its lines go. */
export interface CollectingOptions extends Omit<CollectorOptions, 'startMs'> {
  readonly sink: LogSink;
  readonly clock: { now(): number };
  /** Ends the collector. */
  readonly signal: AbortSignal;
}

/** A running collector. */
interface CollectingSink extends LogSink {
  /** Resolves after the signal has aborted. Rejects if the sink fails. */
  readonly done: Promise<void>;
}

/** Starts a collector. What is appended is written to the log of the pods in turn, at the moment of the call. */
export function startCollecting(options: CollectingOptions): CollectingSink {
  const { sink, clock, signal } = options;
  const collector = new Collector({ ...options, startMs: clock.now() });
  let written = 0;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      for (const { records } of collector.advance(clock.now())) await sink.append(records);
      await sleep(tickMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  };
  return {
    done: run(),
    append: (records) => {
      for (const record of records) collector.write(record, clock.now(), written++ % collector.pods);
      return Promise.resolve();
    },
  };
}
