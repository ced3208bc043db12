import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultSource } from '../../../emulator/faults.ts';
import { startCollecting, startForwarding } from '../../../emulator/ingest/collecting-sink.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import { accessLine, ackRecord } from '../../../emulator/traffic/access-line.ts';
import { waitFor } from '../../support/wait-for.ts';

const startMs = 1_795_444_841_000;
let ending: AbortController;
beforeEach(() => {
  ending = new AbortController();
});
afterEach(() => ending.abort());

describe('startCollecting', () => {
  it('stalls the collector of one pod by a fault, and sends its backlog when that ends', async () => {
    const faults = new FaultSource();
    const sent: LogRecord[] = [];
    let nowMs = startMs;
    const collecting = startCollecting({
      stamp: 'reading',
      pods: 2,
      isStalled: faults.collectFrom(2),
      sink: {
        append: (records) => {
          sent.push(...records);
          return Promise.resolve();
        },
      },
      clock: { now: () => nowMs },
      signal: ending.signal,
    });
    const record = ackRecord(accessLine({ atSeconds: startMs / 1000 - 5 }));
    faults.set({ collectorStalled: [1] });
    await collecting.append([record, record, record]);
    nowMs += 4000;
    await waitFor(() => sent.length === 2);
    faults.set({});
    nowMs += 4000;
    await waitFor(() => sent.length === 3);
    expect(sent.map(({ timeSeconds }) => timeSeconds - startMs / 1000)).toEqual([0, 0, 5]);
    ending.abort();
    await collecting.done;
  });
});

describe('startForwarding', () => {
  it('sends each line at once, but those of a stalled pod once that goes on, with their own time', async () => {
    const faults = new FaultSource();
    const sent: number[] = [];
    const forwarding = startForwarding({
      pods: 2,
      isStalled: faults.collectFrom(2),
      sink: {
        append: (records) => {
          sent.push(...records.map(({ timeSeconds }) => timeSeconds));
          return Promise.resolve();
        },
      },
      clock: { now: () => startMs },
      signal: ending.signal,
    });
    const record = ackRecord(accessLine({ atSeconds: 0 }));
    const append = (...seconds: number[]) =>
      forwarding.append(seconds.map((timeSeconds) => ({ ...record, timeSeconds })));
    await append(1, 2);
    expect(sent).toEqual([1, 2]);
    faults.set({ collectorStalled: [1] });
    await append(3, 4);
    expect(sent).toEqual([1, 2, 3]);
    faults.set({ collectorStalled: true });
    await append(5, 6);
    expect(sent).toEqual([1, 2, 3]);
    faults.set({});
    await waitFor(() => sent.length === 6);
    expect(sent.slice(3).sort()).toEqual([4, 5, 6]);
    ending.abort();
    await forwarding.done;
  });
});
