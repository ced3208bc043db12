import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Collector, type CollectorOptions, type SentLines } from '../../../emulator/ingest/collector.ts';
import { accessLine, ackRecord } from '../../../emulator/traffic/access-line.ts';

const startMs = 1_795_444_841_000;
const second = (offset: number) => startMs / 1000 + offset;
const lineAt = (offsetMs: number) => ackRecord(accessLine({ atSeconds: (startMs + offsetMs) / 1000 }));

/** Ten lines a second for each pod, from the start on. */
function collect(seconds: number, options: Partial<CollectorOptions> = {}): SentLines[] {
  const collector = new Collector({ stamp: 'reading', startMs, ...options });
  for (let pod = 0; pod < collector.pods; pod += 1)
    for (let offset = 0; offset < seconds * 1000; offset += 100)
      collector.write(lineAt(offset), startMs + offset, pod);
  return collector.advance(startMs + seconds * 1000);
}

/** Lines by second of their time, from the start. */
function perSecond(sent: readonly SentLines[], seconds: number): number[] {
  const counts = Array<number>(seconds + 1).fill(0);
  for (const { timeSeconds } of sent.flatMap(({ records }) => records)) {
    const offset = timeSeconds - second(0);
    counts[offset] = (counts[offset] ?? 0) + 1;
  }
  return counts;
}

describe('Collector', () => {
  it('stamps each line with the second of its reading, and sends every third second', () => {
    const sent = collect(9);
    expect(perSecond(sent, 9)).toEqual([0, ...Array<number>(9).fill(10)]);
    expect(sent.map(({ sentMs }) => sentMs - startMs)).toEqual([3000, 6000, 9000]);
  });

  it('keeps the time of the request with a time processor', () => {
    expect(perSecond(collect(9, { stamp: 'request' }), 9)).toEqual([...Array<number>(9).fill(10), 0]);
  });

  it('sends the lines of a stall as a gap and then a spike in one second', () => {
    const isStalled = (_: number, ms: number) => ms >= startMs + 2500 && ms < startMs + 6500;
    expect(perSecond(collect(13, { isStalled }), 13)).toEqual([
      0, 10, 10, 0, 0, 0, 0, 50, 10, 10, 10, 10, 10, 10,
    ]);
  });

  it('sends nothing of a pod whose collector died, and all of the others', () => {
    const sent = collect(9, { pods: 3, isStalled: (pod) => pod === 1 });
    const lines = (pod: number) => sent.filter((each) => each.pod === pod).flatMap(({ records }) => records);
    expect([lines(0), lines(1), lines(2)].map(({ length }) => length)).toEqual([84, 0, 90]);
  });

  it('sends a line once and in order, however often it is advanced', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2500 }), { maxLength: 20 }), (steps) => {
        const collector = new Collector({ stamp: 'request', startMs, pods: 2 });
        const sent: SentLines[] = [];
        let now = 0;
        for (const step of steps) {
          collector.write(lineAt(now), startMs + now, now % 2);
          now += step;
          sent.push(...collector.advance(startMs + now));
        }
        sent.push(...collector.advance(startMs + now + 10_000));
        expect(sent.flatMap(({ records }) => records)).toHaveLength(steps.length);
        expect(sent.map(({ sentMs }) => sentMs)).toEqual(sent.map(({ sentMs }) => sentMs).sort());
      }),
    );
  });

  it('collects a million lines in a few seconds', () => {
    const collector = new Collector({ stamp: 'reading', startMs });
    const line = lineAt(0);
    let count = 0;
    for (let offset = 0; offset < 1000; offset += 1) {
      for (let n = 0; n < 1000; n += 1) collector.write(line, startMs + offset * 1000 + n);
      for (const { records } of collector.advance(startMs + offset * 1000 + 999)) count += records.length;
    }
    for (const { records } of collector.advance(startMs + 1_010_000)) count += records.length;
    expect(count).toBe(1_000_000);
  });

  it('loses the oldest lines of a long stall, as the log rotation does', () => {
    const collector = new Collector({ stamp: 'reading', startMs });
    const line = lineAt(0);
    for (let n = 0; n < 250_001; n += 1) collector.write(line, startMs);
    expect(collector.lost).toBe(25_000);
    const sent = collector.advance(startMs + 3000).flatMap(({ records }) => records);
    expect(sent).toHaveLength(225_001);
  });
});
