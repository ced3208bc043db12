import { describe, expect, it } from 'vitest';
import { backtest } from '../../../bench/backtest/backtest.ts';
import { outcomeOf, requestedPods } from '../../../bench/backtest/overload.ts';
import { overloadTable, scoreTable } from '../../../bench/backtest/tables.ts';
import type { Trace } from '../../../bench/backtest/trace.ts';
import { seeded } from '../../support/seeded.ts';

const trace = (counts: Trace['counts'], binSeconds = 60): Trace => ({
  name: 'a',
  binSeconds,
  counts,
  notes: [],
});
const nothing = () => undefined;

/** Requests in bins of 5 minutes: 10 days of a daily pattern. */
function daily(): Trace {
  const random = seeded(1);
  const counts = Array.from({ length: 10 * 288 }, (_, bin) => {
    return Math.round((200 - 150 * Math.cos((2 * Math.PI * bin) / 288)) * (0.8 + 0.4 * random()));
  });
  return trace(counts, 300);
}

describe('backtest', () => {
  it('scores the forecast and its rivals on the same bins', () => {
    const { rows, overloadRows } = backtest(daily(), nothing);
    expect(rows.map(({ aheadSeconds, scoredBins }) => [aheadSeconds, scoredBins])).toEqual([
      [300, 576],
      [600, 576],
    ]);
    for (const { pinballPercent, coverage, rivals, ofBestRival } of rows) {
      const losses = Object.values(rivals).map((rival) => rival.pinballPercent ?? Infinity);
      expect(ofBestRival).toBeCloseTo((pinballPercent ?? 0) / Math.min(...losses));
      expect(ofBestRival).toBeLessThan(1);
      expect(coverage).toBeGreaterThan(0.8);
    }
    expect(overloadRows).toMatchObject([{ trace: 'a', startupSeconds: 300 }]);
    const [{ reactive, forecast, fixedHeadroom } = { reactive: null, forecast: null, fixedHeadroom: null }] =
      overloadRows;
    expect(forecast?.overloadedMinutesPerDay).toBeLessThan(reactive?.overloadedMinutesPerDay ?? 0);
    expect(fixedHeadroom?.podsOfIdeal).toBeCloseTo(forecast?.podsOfIdeal ?? 0);
    expect(overloadRows[0]?.ofFixedHeadroom).toBeCloseTo(
      (forecast?.overloadedMinutesPerDay ?? 0) / (fixedHeadroom?.overloadedMinutesPerDay ?? 0),
    );
    expect(scoreTable(rows)).toContain('a: scored from day 8');
    expect(overloadTable(overloadRows).split('\n')).toHaveLength(4);
  });

  it('scores another quantile', () => {
    const { rows } = backtest(trace(daily().counts.slice(0, 4 * 288), 300), nothing, 0.97);
    expect(rows[0]?.quantile).toBe(0.97);
    expect(rows[0]?.coverage).toBeGreaterThan(0.93);
    expect(scoreTable(rows)).toContain('at the 0.97 quantile');
  });

  it('scores nothing of a few minutes', () => {
    const { rows } = backtest(trace([5, 6, 7, 8, 9]), nothing);
    expect(rows[0]).toMatchObject({ scoredBins: 0, pinballPercent: null, coverage: null, ofBestRival: null });
    expect(scoreTable(rows)).not.toContain('NaN');
  });

  it('says of an hour that no forecast would be served', () => {
    const { rows, overloadRows } = backtest(
      trace(Array.from({ length: 60 }, (_, minute) => 100 + (minute % 7))),
      nothing,
    );
    expect(rows).toHaveLength(4);
    expect(rows[0]?.note).toContain('ForecastNotReady');
    expect(rows[0]?.ready).toBe(false);
    expect(rows[0]?.rivals.sameTimeYesterday).toEqual({ pinballPercent: null, coverage: null });
    expect(overloadRows).toEqual([]);
  });
});

/** Requests by the minute of an hour of LLM inference: Azure/AzurePublicDataset 2023, licence CC-BY 4.0. */
const azureHours = {
  code: `63 0 0 531 187 130 15 42 38 476 421 63 0 0 632 299 0 20 396 315 116 78 306 447 252 34 128 111 406 234 118 169
    130 306 158 0 339 55 285 191 0 28 205 245 99 0 0 32 0 0 0 97 212 22 32 113 47`,
  conv: `191 265 329 353 307 273 268 261 322 298 301 302 345 326 283 279 280 308 343 351 351 343 408 396 386 398 432 480
    476 453 448 507 438 413 423 418 465 311 329 316 333 355 319 360 334 375 330 249 221 249 265 280 256 254 242 260 246 225`,
};

describe('backtest of a history so short that the weights have not settled', () => {
  it.each(Object.entries(azureHours))('%s is within a tenth of the best method in every row', (_, counts) => {
    const { rows } = backtest(trace(counts.split(/\s+/).map(Number)), nothing);
    expect(rows.map(({ aheadSeconds }) => aheadSeconds)).toEqual([60, 180, 300, 600]);
    for (const { ofBestRival } of rows) expect(ofBestRival).toBeLessThan(1.1);
  });
});

describe('outcomeOf', () => {
  const counts = [80, 80, 80, 160, 160, 160, 160];
  const setting = { trace: trace(counts), firstBin: 0, perPod: 10 };

  it('counts minutes in which demand is above what the ready pods take', () => {
    const pods = requestedPods(setting, [Float64Array.from(counts)]);
    expect([...pods]).toEqual([8, 8, 8, 16, 16, 16, 16]);
    // Asked for at the end of minute 3, ready a minute later: minutes 3 and 4 have 8 pods, which take 88.
    const outcome = outcomeOf(setting, pods, 1);
    expect(outcome.overloadedMinutesPerDay).toBeCloseTo((2 / 7) * 1440);
    expect(outcome.unservedPercent).toBeCloseTo((100 * 2 * 72) / 880);
    expect(outcome.podsOfIdeal).toBe(1);
  });

  it('takes the higher of reading and forecast, and keeps its pods while a reading fails', () => {
    const forecast = Float64Array.from([80, 160, 160, 160, 160, 160, 160]);
    expect([...requestedPods(setting, [Float64Array.from(counts), forecast])]).toEqual([
      8, 16, 16, 16, 16, 16, 16,
    ]);
    const failing = Float64Array.from(counts, (count, minute) => (minute === 3 ? NaN : count));
    expect([...requestedPods(setting, [failing])]).toEqual([8, 8, 8, 8, 16, 16, 16]);
  });
});
