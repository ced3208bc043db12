import { afterAll, describe, expect, it } from 'vitest';
import { historyDays } from '../../../src/forecast/minute-counts.ts';
import { forecastsOf, readForecast } from '../../../src/replay/forecast-readings.ts';
import { forecastOf, SimulatedHistory } from '../../reading/history/simulated-history.ts';

const series = forecastOf('default-shop-80');
const holdSeconds = 600;

/** Few requests at night and many at noon, with some noise that a minute alone decides. */
const daily = (minute: number) =>
  Math.round(600 - 500 * Math.cos((minute / 720) * Math.PI)) + ((minute * 7919) % 97);

describe('a replayed forecast', () => {
  const history = new SimulatedHistory();
  afterAll(() => history.stop());

  it('is what a running adapter gives at each moment, through a silence of the logstore', async () => {
    const begin = history.minute;
    const isSilent = (minute: number) => minute >= begin + 10 && minute < begin + 21;
    history.requests = (minute) => (isSilent(minute) ? undefined : daily(minute));
    const firstMinute = begin - historyDays * 1440;
    const length = historyDays * 1440 + 60;
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
    // A sync within seconds of a new forecast may read the one or the other, and there are 40.
    expect(different.length).toBeLessThan(25);
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
