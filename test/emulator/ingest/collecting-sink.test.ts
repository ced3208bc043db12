import { afterEach, describe, expect, it } from 'vitest';
import { FaultSource } from '../../../emulator/faults.ts';
import { startCollecting } from '../../../emulator/ingest/collecting-sink.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import { accessLine, ackRecord } from '../../../emulator/traffic/access-line.ts';
import { waitFor } from '../../support/wait-for.ts';

const startMs = 1_795_444_841_000;
const ending = new AbortController();
afterEach(() => ending.abort());

describe('startCollecting', () => {
  it('stalls the collector of one pod by a fault, and sends its backlog when that ends', async () => {
    const faults = new FaultSource();
    const sent: LogRecord[] = [];
    let nowMs = startMs;
    const collecting = startCollecting({
      stamp: 'reading',
      pods: 2,
      isStalled: (pod) => faults.isCollectorStalled(pod),
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
