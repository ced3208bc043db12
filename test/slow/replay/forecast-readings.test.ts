import { afterAll, describe, expect, it } from 'vitest';
import { historyDays } from '../../../src/forecast/minute-counts.ts';
import { forecastsOf, readForecast } from '../../../src/replay/forecast-readings.ts';
import { forecastOf, SimulatedHistory } from '../../reading/history/simulated-history.ts';

const series = forecastOf('default-shop-80');
const holdSeconds = 600;
/** A replay learns from the first day on, an adapter that starts from the last day. After so long they know the same. */
const sameAfterMinutes = 3 * 1440;

/** Few requests at night and many at noon, with some noise that a minute alone decides. */
const daily = (minute: number) =>
  Math.round(600 - 500 * Math.cos((minute / 720) * Math.PI)) + ((minute * 7919) % 97);

describe('a replayed forecast', () => {
  const history = new SimulatedHistory();
  // A sync at the second in which a minute is counted reads the one forecast or the other. With this start none is then.
  history.clock.nowMs = Date.parse('2026-03-02T21:47:00Z');
  afterAll(() => history.stop());

  it('is what a running adapter gives at each moment, through a silence of the logstore', async () => {
    const start = history.minute;
    const begin = start + sameAfterMinutes;
    const isSilent = (minute: number) => minute >= begin + 10 && minute < begin + 21;
    history.requests = (minute) => (isSilent(minute) ? undefined : daily(minute));
    const firstMinute = start - historyDays * 1440;
    const length = begin + 60 - firstMinute;
    const minutes = Float64Array.from({ length }, (_, index) => firstMinute + index);
    const replayed = {
      firstMinute,
      bySeries: [
        forecastsOf(
          {
            series,
            firstMinute,
            sums: minutes.map((minute) => (isSilent(minute) ? 0 : daily(minute))),
            lines: minutes.map((minute) => (isSilent(minute) ? 0 : 9)),
          },
          holdSeconds,
        ),
      ],
      delaySeconds: 4,
    };
    history.read(series);
    await history.settle();
    await history.pass(10);
    for (let minute = 0; minute < sameAfterMinutes; minute++) {
      await history.pass(60, 20);
      history.read(series);
    }
    const different: unknown[] = [];
    for (let read = 0; read < 160; read++) {
      await history.pass(15);
      const live = history.read(series);
      const syncs = Float64Array.of(history.clock.nowSeconds);
      const [milli = Number.NaN] = readForecast(replayed, { syncs, usagesMilli: [] }, 0);
      const isSame =
        typeof live === 'number' ? Math.abs(live * 1000 - milli) <= milli / 500 : Number.isNaN(milli);
      if (!isSame) different.push([read, live, milli]);
    }
    expect(different).toEqual([]);
  });

  it('knows nothing of what comes after it', () => {
    const firstMinute = 29_000_000;
    const lines = new Float64Array(3000).fill(9);
    const sums = (end: number) =>
      Float64Array.from({ length: 3000 }, (_, index) => (index < 2500 ? daily(index) : end));
    const [one, other] = [0, 5000].map(
      (end) => forecastsOf({ series, firstMinute, sums: sums(end), lines }, holdSeconds).perSecond,
    );
    expect(one?.subarray(0, 2500)).toEqual(other?.subarray(0, 2500));
    expect(one?.[2600]).not.toBe(other?.[2600]);
  });
});
