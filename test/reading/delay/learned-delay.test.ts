import { describe, expect, it } from 'vitest';
import { badShare, rehearse, secondsUntil, type Rehearsal } from './late-logs.ts';

/** 20 routes with 1 to 50 requests a second, most of them with few. */
const rates = Array.from({ length: 20 }, (_, route) => 50 ** (route / 19));
const seeds = [1, 2, 3];

type Lag = Rehearsal['lagSeconds'];

const between =
  (least: number, most: number): Lag =>
  (_, random) =>
    least + random() * (most - least);
const usual = between(1, 4);
const exponential = (meanSeconds: number): Lag => {
  return (_, random) => -meanSeconds * Math.log(1 - random());
};
/** A share of the lines has another lag. */
const tail =
  (share: number, lag: Lag): Lag =>
  (loggedAt, random) =>
    random() < share ? lag(loggedAt, random) : usual(loggedAt, random);
/** Lines are held until the next whole period, and then need half a second. */
const shipped =
  (everySeconds: number): Lag =>
  (loggedAt) =>
    Math.ceil(loggedAt / everySeconds) * everySeconds - loggedAt + 0.5;

const steady = { fromSeconds: 0, seconds: 720, rates };
/** The delay is learned by then. */
const settledSeconds = 300;

describe('the learned delay with lines that come 1 to 4 s late', () => {
  const jumpAt = 420;
  const backAt = 720;

  it.each([
    ['20 s', between(20, 20)],
    ['18 to 22 s', between(18, 22)],
    ['21 to 24 s', between(21, 24)],
    ['40 s', between(40, 40)],
  ])('settles, follows a jump of the lag to %s, and comes down again', (_, jumped) => {
    const lagSeconds: Lag = (at, random) => (at >= jumpAt && at < backAt ? jumped : usual)(at, random);
    for (const seed of seeds) {
      const { readings } = rehearse({ ...steady, seconds: 1100, lagSeconds, seed });
      expect(secondsUntil(readings, 0, (delay) => delay < 6)).toBeLessThan(settledSeconds);
      expect(badShare(readings, settledSeconds, jumpAt)).toBeLessThan(0.01);
      expect(badShare(readings, jumpAt + 120, backAt)).toBeLessThan(0.01);
      expect(secondsUntil(readings, jumpAt, (delay) => delay > 20)).toBeLessThan(120);
      expect(secondsUntil(readings, backAt, (delay) => delay < 6)).toBeLessThan(200);
      expect(badShare(readings, backAt)).toBeLessThan(0.01);
    }
  });

  it.each([500, 50, 5, 1, 0.1])('settles in a logstore with %f lines a second', (linesPerSecond) => {
    for (const seed of seeds) {
      const one = { fromSeconds: 0, seconds: 1500, rates: [linesPerSecond], lagSeconds: usual, seed };
      const { readings } = rehearse(linesPerSecond > 50 ? { ...one, seconds: settledSeconds + 100 } : one);
      expect(readings.at(-1)?.delaySeconds).toBeLessThan(6);
      expect(badShare(readings)).toBeLessThan(0.01);
    }
  });

  it.each([
    ['bursts of 5 s a minute', (at: number) => (at % 60 < 5 ? 1 : 0.05)],
    ['pauses of 90 s', (at: number) => (at % 180 < 90 ? 1 : 0)],
    ['pauses of 5 min', (at: number) => (at % 600 < 300 ? 1 : 0)],
  ])('settles in traffic with %s', (_, share) => {
    for (const seed of seeds) {
      const { readings } = rehearse({ ...steady, seconds: 1000, lagSeconds: usual, share, seed });
      expect(readings.at(-1)?.delaySeconds).toBeLessThan(6);
      expect(badShare(readings)).toBeLessThan(0.01);
    }
  });

  it('settles although a third of the probes is lost', () => {
    for (const seed of seeds) {
      const { readings } = rehearse({
        ...steady,
        lagSeconds: usual,
        lost: (_, random) => random() < 1 / 3,
        seed,
      });
      expect(readings.at(-1)?.delaySeconds).toBeLessThan(6);
      expect(badShare(readings)).toBeLessThan(0.01);
    }
  });

  it('does not change after traffic has ended', () => {
    const { readings } = rehearse({
      ...steady,
      seconds: 2000,
      lagSeconds: usual,
      share: (at) => (at < settledSeconds ? 1 : 0),
      seed: 1,
    });
    const delays = new Set(
      readings.filter(({ at }) => at > settledSeconds).map(({ delaySeconds }) => delaySeconds),
    );
    expect([...delays]).toEqual([5]);
  });
});

describe('fewer than 1 % of the readings miss more than 1 % of their lines', () => {
  it.each<[string, Lag]>([
    ['within a second', between(0, 1)],
    ['a second on average', exponential(1)],
    ['3 s on average', exponential(3)],
    ['25 to 50 s', between(25, 50)],
    ['0.05 % of them 20 s', tail(0.0005, between(20, 20))],
    ['0.1 % of them 20 s', tail(0.001, between(20, 20))],
    ['0.5 % of them up to 30 s', tail(0.005, between(0, 30))],
    ['5 % of them up to 30 s', tail(0.05, between(0, 30))],
    ['5 % of them 15 to 18 s, as of one ingress pod in twenty', tail(0.05, between(15, 18))],
    ['shipped every second', shipped(1)],
    ['shipped every 3 s', shipped(3)],
    ['shipped every 4 s', shipped(4)],
    ['shipped every 5 s', shipped(5)],
    ['shipped every 10 s', shipped(10)],
  ])('if lines come late by %s', (_, lagSeconds) => {
    const shares = seeds.map((seed) =>
      badShare(rehearse({ ...steady, lagSeconds, seed }).readings, settledSeconds),
    );
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeLessThan(0.01);
  });
});
