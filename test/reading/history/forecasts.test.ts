import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { seeded } from '../../support/seeded.ts';
import { forecastOf, SimulatedHistory } from './simulated-history.ts';

const [shop, other] = [forecastOf('default-shop-80'), forecastOf('default-other-80')];
const codeOf = (read: number | AdapterError) => (typeof read === 'number' ? 'ok' : read.code);

let history: SimulatedHistory;
beforeEach(() => {
  history = new SimulatedHistory();
});
afterEach(() => history.stop());

/** The first read, and the time until its history is counted. */
async function begin(...series: readonly ReturnType<typeof forecastOf>[]): Promise<void> {
  for (const one of series) history.read(one);
  await history.settle();
  await history.pass(10);
}

/** An HPA reads on. */
async function passReading(
  seconds: number,
  ...series: readonly ReturnType<typeof forecastOf>[]
): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 15) {
    await history.pass(15);
    for (const one of series) history.read(one);
  }
}

/** An HPA reads on until 15 to 30 s after the start of a minute: the one before is counted then. */
const passReadingUntil = (minute: number, ...series: readonly ReturnType<typeof forecastOf>[]) =>
  passReading(minute * 60 + 15 - history.clock.nowSeconds, ...series);

describe('forecasts', () => {
  it('ask nothing of SLS until one is read', async () => {
    await history.pass(120);
    expect(history.queries).toEqual([]);
  });

  it('are ready within seconds of the first read, from the last days in a few queries', async () => {
    expect(history.read(shop)).toMatchObject({ code: 'ForecastNotReady' });
    await begin(shop, other);
    expect(history.read(shop)).toBeCloseTo(1, 1);
    expect(history.read(other)).toBeCloseTo(1, 1);
    expect(history.queries.length).toBeLessThanOrEqual(7);
    const days = history.queries.map(({ window }) => (window.endSeconds - window.startSeconds) / 86_400);
    expect(days.slice(0, 4)).toEqual([1, 1, 1, 1]);
    expect(history.queries[0]?.routes).toEqual(['default-other-80', 'default-shop-80']);
  });

  it('are renewed each minute by one query for all routes', async () => {
    await begin(shop, other);
    const before = history.queries.length;
    await passReading(300, shop, other);
    expect(history.queries.length - before).toBe(5);
  });

  it('have the window of the last whole minute, and the time at which they were made', async () => {
    await begin(shop);
    await history.pass(60);
    const outcome = history.forecasts.read(shop, 'default');
    const madeAt = outcome.kind === 'sample' ? outcome.sample : undefined;
    expect(madeAt?.window.endSeconds).toBe(
      (history.minute - (history.clock.nowSeconds % 60 < 6 ? 1 : 0)) * 60,
    );
    expect((madeAt?.madeAtSeconds ?? 0) - (madeAt?.window.endSeconds ?? 0)).toBeGreaterThanOrEqual(6);
  });

  it('count the last days of a new route, and then that route with the others', async () => {
    await begin(shop);
    const before = history.queries.length;
    await begin(other);
    expect(history.read(other)).toBeCloseTo(1, 1);
    const loading = history.queries.slice(before).filter(({ routes }) => routes?.length === 1);
    expect(loading.length).toBeGreaterThanOrEqual(4);
    await passReading(120, shop, other);
    expect(history.queries.at(-1)?.routes).toEqual(['default-other-80', 'default-shop-80']);
  });

  it('share the history of other terms', async () => {
    await begin(shop);
    const before = history.queries.length;
    const far = forecastOf('default-shop-80', { aheadSeconds: 600, quantile: 0.99 });
    // No read makes it: a read of a thousand of them would stop all others for seconds.
    expect(codeOf(history.read(far))).toBe('ForecastNotReady');
    await vi.waitFor(() => expect(history.read(far)).toBeCloseTo(1, 1));
    expect(history.queries).toHaveLength(before);
  });

  it('stop some minutes after the last read, and begin anew', async () => {
    await begin(shop);
    await history.pass(360);
    const before = history.queries.length;
    await history.pass(600);
    expect(history.queries).toHaveLength(before);
    expect(codeOf(history.read(shop))).toBe('ForecastNotReady');
    await begin(shop);
    expect(codeOf(history.read(shop))).toBe('ok');
  });

  it('say from when on they are ready where the history is short', async () => {
    const start = history.minute - 30;
    history.requests = (minute) => (minute < start ? undefined : 60);
    await begin(shop);
    const from = new Date((start + 120) * 60_000).toISOString().slice(0, 16);
    expect(history.read(shop)).toMatchObject({
      code: 'ForecastNotReady',
      what: `sls_ingress_qps_forecast of default-shop-80: it needs two hours of history, there will be a forecast from ${from}Z on`,
    });
    await passReading(91 * 60, shop);
    expect(codeOf(history.read(shop))).toBe('ok');
  });

  it('go on after a silence of the logstore as if it were not there', async () => {
    const [from, until] = [history.minute + 10, history.minute + 20];
    history.requests = (minute) => (minute >= from && minute < until ? undefined : 60);
    await begin(shop);
    await passReading((from - history.minute) * 60, shop);
    await passReading(180, shop);
    expect(history.read(shop)).toBeCloseTo(1, 1);
    await passReading(300, shop);
    expect(history.read(shop)).toMatchObject({ code: 'ForecastStale' });
    await passReading(360, shop);
    expect(history.read(shop)).toBeCloseTo(1, 1);
  });

  it.each([2, 10])(
    'take no notice of the lines of %s silent minutes that are all of the first minute after them',
    async (silent) => {
      const from = history.minute + 10;
      const back = from + silent;
      history.requests = (minute) =>
        minute >= from && minute < back ? undefined : minute === back ? 60 * (silent + 1) : 60;
      await begin(shop);
      for (let minute = back + 2; minute < back + 15; minute++) {
        await passReadingUntil(minute, shop);
        expect(history.read(shop)).toBeCloseTo(1, 1);
      }
    },
  );

  it.each([
    ['nothing', 0],
    ['a part', 6],
  ])(
    'count again the minutes of which %s was there, when their lines come minutes later',
    async (_, early) => {
      const from = history.minute + 10;
      const isHeldUp = (minute: number) => minute >= from && minute < from + 3 && history.minute < from + 4;
      history.requests = (minute) => (isHeldUp(minute) ? early || undefined : 60);
      await begin(shop);
      await passReadingUntil(from + 3, shop);
      const [{ counts } = { counts: undefined }] = [...history.forecasts.all()];
      const held = () => [0, 1, 2].map((index) => counts?.at(from + index));
      expect(held()).toEqual(Array(3).fill(early === 0 ? NaN : early));
      const before = history.queries.length;
      await passReading(120, shop);
      expect(held()).toEqual([60, 60, 60]);
      expect(history.read(shop)).toBeCloseTo(1, 1);
      expect(history.queries.length - before).toBe(2);
    },
  );

  it('are errors once SLS has failed for more than 5 minutes, and miss no minute when it is back', async () => {
    await begin(shop);
    history.failure = () => new AdapterError('SlsUnavailable', 'SLS is away');
    await passReading(225, shop);
    expect(codeOf(history.read(shop))).toBe('ok');
    await passReading(150, shop);
    expect(history.read(shop)).toMatchObject({
      code: 'ForecastStale',
      what: 'sls_ingress_qps_forecast of default-shop-80: no minute of the last 5 could be counted: SLS is away',
    });
    history.failure = () => undefined;
    const asked = history.queries.length;
    await passReading(75, shop);
    expect(history.read(shop)).toBeCloseTo(1, 1);
    const { startSeconds = 0, endSeconds = 0 } = history.queries[asked]?.window ?? {};
    expect(endSeconds - startSeconds).toBeGreaterThanOrEqual(7 * 60);
  });

  // LimitExceeded: too many queries wait.
  it.each(['AccountSuspended', 'LimitExceeded'] as const)(
    'show and keep the error while the history cannot be counted: %s',
    async (code) => {
      history.failure = () => new AdapterError(code, 'denied');
      await begin(shop);
      history.failed.clear();
      expect(codeOf(history.read(shop))).toBe(code);
      expect([...history.failed]).toEqual([shop]);
    },
  );

  it('halve a day that SLS cannot count at once, and leave out an hour that it never can', async () => {
    const bad = history.minute - 3000;
    history.failure = ({ window }) =>
      window.startSeconds <= bad * 60 && window.endSeconds > bad * 60
        ? new AdapterError('SlsIncomplete', 'too much')
        : undefined;
    await begin(shop);
    await history.pass(30);
    expect(history.read(shop)).toBeCloseTo(1, 1);
    const lengths = history.queries.map(({ window }) => (window.endSeconds - window.startSeconds) / 60);
    expect(Math.min(...lengths.filter((length) => length > 5))).toBeGreaterThanOrEqual(45);
  });

  it.each([
    ['back by an hour', -3600],
    ['ahead by an hour', 3600],
  ])('survive a clock that is set %s', async (_, seconds) => {
    await begin(shop);
    history.clock.setBy(seconds * 1000);
    await passReading(30, shop);
    await passReading(120, shop);
    expect(history.read(shop)).toBeCloseTo(1, 1);
  });

  it('fall to nothing for a route that dies, and rise with a route that begins', async () => {
    const now = history.minute + 2;
    history.requests = (minute, route) =>
      route === undefined ? 60 : minute < now === (route === 'default-shop-80') ? 60 : 0;
    await begin(shop, other);
    expect(history.read(other)).toBeLessThan(0.1);
    await passReading(20 * 60, shop, other);
    expect(history.read(shop)).toBeLessThan(0.5);
    expect(history.read(other)).toBeGreaterThan(0.5);
  });

  it.each([1, 2])('are within bounds or errors, whatever befalls log, SLS and clock (%s)', async (seed) => {
    const random = seeded(seed);
    const codes = new Set<string>();
    let [perMinute, most] = [60, 60];
    const rates = new Map<number, number | undefined>();
    history.requests = (minute) => (rates.has(minute) ? rates.get(minute) : 60);
    await begin(shop);
    let isSilent = false;
    for (let passed = 0; passed < 90; passed++) {
      const event = random();
      if (event < 0.1) isSilent = !isSilent;
      else if (event < 0.2) perMinute = Math.floor(random() * 600);
      else if (event < 0.3) history.failure = () => new AdapterError('SlsUnavailable', 'SLS is away');
      else if (event < 0.5) history.failure = () => undefined;
      else if (event < 0.53) history.clock.setBy(Math.floor((random() - 0.5) * 7_200_000));
      most = Math.max(most, perMinute);
      rates.set(history.minute, isSilent ? undefined : perMinute);
      await passReading(60, shop);
      const read = history.read(shop);
      codes.add(codeOf(read));
      if (typeof read !== 'number') continue;
      expect(read).toBeGreaterThanOrEqual(0);
      expect(read).toBeLessThanOrEqual((3.001 * most) / 60);
    }
    expect(codes).toContain('ok');
    expect(codes).toContain('ForecastStale');
    const errors = ['ForecastStale', 'ForecastNotReady', 'SlsUnavailable'];
    expect([...codes].filter((code) => code !== 'ok' && !errors.includes(code))).toEqual([]);
    history.failure = () => undefined;
    rates.clear();
    await passReading(240, shop);
    expect(codeOf(history.read(shop))).toBe('ok');
  });

  it('of one namespace are at most half of all, and of another they are still made', () => {
    const many = Array.from({ length: 60 }, (_, index) => forecastOf(`greedy-web-${index}`));
    const refused = many.filter((one) => codeOf(history.read(one, 'greedy')) === 'LimitExceeded');
    expect(refused.length).toBeGreaterThanOrEqual(9);
    expect([...history.failed].filter((one) => refused.includes(one))).toEqual([]);
    expect(codeOf(history.read(shop, 'shop'))).toBe('ForecastNotReady');
  });

  it('of one namespace have at most 50 histories', () => {
    const codes = Array.from({ length: 51 }, (_, index) =>
      codeOf(history.read(forecastOf('a-b-80', { logstore: `log-${index}` }))),
    );
    expect(codes.at(-1)).toBe('LimitExceeded');
    expect(codes.at(-2)).toBe('ForecastNotReady');
  });
});
