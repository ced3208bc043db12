import { describe, expect, it } from 'vitest';
import { Collector } from '../../emulator/ingest/collector.ts';
import { accessLine, ackRecord } from '../../emulator/traffic/access-line.ts';
import { LoggedReadings } from '../support/logged-readings.ts';

const perSecond = 10;
/** From here on the window of a reading lies in the traffic. */
const firstReadSeconds = 60;

/** Plays a collector that stalls from second 100 on, and reads every 5 s. Returns the seconds and the readings. */
async function readings(stallSeconds: number): Promise<[second: number, reading: string][]> {
  await using logged = await LoggedReadings.start();
  const { clock } = logged;
  const startMs = clock.nowSeconds * 1000;
  const secondOf = (ms: number) => (ms - startMs) / 1000;
  const isStalled = (_: number, ms: number) => secondOf(ms) >= 100 && secondOf(ms) < 100 + stallSeconds;
  const collector = new Collector({ stamp: 'reading', startMs, isStalled });
  const read: [number, string][] = [];
  for (let second = 0; second < 160 + stallSeconds; second += 1) {
    const record = ackRecord(accessLine({ atSeconds: clock.nowSeconds }));
    for (let n = 0; n < perSecond; n += 1) collector.write(record, clock.nowSeconds * 1000);
    clock.advance(1000);
    for (const { records } of collector.advance(clock.nowSeconds * 1000)) await logged.append(records);
    if (second >= firstReadSeconds && second % 5 === 0)
      read.push([second, await logged.read('sls_ingress_qps', 'default-web-80')]);
  }
  return read;
}

describe('a collector that stalls', () => {
  it.each([5, 20, 90])(
    'for %d s reads as an error or as many requests as there were, never as fewer',
    async (stall) => {
      const read = await readings(stall);
      const numbers = read.filter(([, reading]) => /^\d+m?$/.test(reading));
      const low = numbers.filter(([, reading]) => Number(reading.replace(/m$/, 'e-3')) < perSecond * 0.9);
      expect(low).toEqual([]);
      // Before the stall and after it there are numbers.
      expect(numbers.filter(([second]) => second < 100)).toHaveLength(8);
      expect(numbers.filter(([second]) => second > 130 + stall).length).toBeGreaterThan(3);
    },
  );
});
