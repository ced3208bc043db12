import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLines } from '../../emulator/live-lines.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { accessLine, ackRecord } from '../../emulator/traffic/access-line.ts';
import { fakeIo } from '../support/fake-io.ts';
import { waitFor } from '../support/wait-for.ts';

const startMs = 1_795_444_841_000;
let ending: AbortController;
beforeEach(() => {
  ending = new AbortController();
});
afterEach(() => ending.abort());

describe('startLines', () => {
  it('stamps lines with the time of reading, but those from before the start with their own', async () => {
    let nowMs = startMs;
    const stored: LogRecord[] = [];
    const lines = startLines({
      stamp: 'reading',
      traffic: undefined,
      sink: {
        append: (records) => {
          stored.push(...records);
          return Promise.resolve();
        },
      },
      emulator: { collectFrom: () => () => false },
      io: fakeIo({}, { now: () => nowMs }).io,
      signal: ending.signal,
    });
    const at = (offset: number) => ackRecord(accessLine({ atSeconds: startMs / 1000 + offset }));
    await lines.sink.append([at(-30), at(-1), at(1)]);
    const offsets = () => stored.map(({ timeSeconds }) => timeSeconds - startMs / 1000);
    expect(offsets()).toEqual([-30, -1]);
    nowMs += 3000;
    await waitFor(() => stored.length === 3);
    // It was written before the first poll, which was a second after the start.
    expect(offsets()).toEqual([-30, -1, 1]);
    await lines.sink.append([at(1)]);
    nowMs += 3000;
    await waitFor(() => stored.length === 4);
    expect(offsets().at(-1)).toBe(4);
    ending.abort();
    await lines.done;
  });

  it.each(['request', 'reading'] as const)(
    'delivers nothing of any time while the collector is stalled, with the stamp %s',
    async (stamp) => {
      let nowMs = startMs;
      let isStalled = true;
      let stored = 0;
      const lines = startLines({
        stamp,
        traffic: 'demo',
        sink: {
          append: (records) => {
            stored += records.length;
            return Promise.resolve();
          },
        },
        emulator: { collectFrom: () => () => isStalled },
        io: fakeIo({}, { now: () => nowMs }).io,
        signal: ending.signal,
      });
      nowMs += 20_000;
      await lines.sink.append([ackRecord(accessLine({ atSeconds: startMs / 1000 - 30 }))]);
      expect(stored).toBe(0);
      isStalled = false;
      nowMs += 4000;
      await waitFor(() => stored > 1000);
      ending.abort();
      await lines.done;
    },
  );
});
