import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord, LogSink } from '../log-record.ts';
import { Collector, maxUnreadLines, type CollectorOptions } from './collector.ts';

const tickMs = 100;

/** A collector that runs by a clock, and where its lines go. */
export interface CollectingOptions extends Omit<CollectorOptions, 'startMs'> {
  readonly sink: LogSink;
  readonly clock: { now(): number };
  /** Ends the collector. */
  readonly signal: AbortSignal;
}

/** A running collector. */
export interface CollectingSink extends LogSink {
  /** Resolves after the signal has aborted. Rejects if the sink fails. */
  readonly done: Promise<void>;
}

/** Starts a collector. What is appended is written to the log of the pods in turn, at the moment of the call. */
export function startCollecting(options: CollectingOptions): CollectingSink {
  const { sink, clock, signal } = options;
  const collector = new Collector({ ...options, startMs: clock.now() });
  let written = 0;
  const send = async (): Promise<void> => {
    for (const { records } of collector.advance(clock.now())) await sink.append(records);
  };
  return {
    done: everyTick(send, signal),
    append: (records) => {
      for (const record of records) collector.write(record, clock.now(), written++ % collector.pods);
      return Promise.resolve();
    },
  };
}

/** Starts a collector that sends each line at once, with its own time. While it is stalled, lines wait. */
export function startForwarding({
  sink,
  pods = 1,
  isStalled,
  clock,
  signal,
}: Omit<CollectingOptions, 'stamp'>): CollectingSink {
  const waiting = Array.from({ length: pods }, (): LogRecord[] => []);
  let written = 0;
  const send = async (): Promise<void> => {
    const going = waiting.filter((_, pod) => isStalled?.(pod, clock.now()) !== true);
    const records = going.flatMap((lines) => lines.splice(0));
    if (records.length > 0) await sink.append(records);
  };
  return {
    done: everyTick(send, signal),
    append: (records) => {
      for (const record of records) {
        const lines = waiting[written++ % pods] ?? [];
        lines.push(record);
        if (lines.length > maxUnreadLines) lines.splice(0, maxUnreadLines / 10);
      }
      return send();
    },
  };
}

async function everyTick(send: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await send();
    await sleep(tickMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
