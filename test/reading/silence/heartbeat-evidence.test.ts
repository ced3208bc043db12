import { describe, expect, it } from 'vitest';
import { LineTimeline } from '../../../src/reading/silence/line-timeline.ts';
import {
  endedSilenceIn,
  silenceAtEnd,
  type SilenceQuestion,
} from '../../../src/reading/silence/silence-rule.ts';
import { silentError } from '../../../src/reading/silence/silent-error.ts';

const start = 1_000_000;

/** Each second has so many lines of clients and heartbeats. */
function timelineOf(seconds: readonly (readonly [traffic: number, heartbeats: number])[]) {
  const counts = (of: (second: readonly [number, number]) => number) =>
    new Map(seconds.map((second, index) => [start + index, of(second)]));
  const window = { startSeconds: start, endSeconds: start + seconds.length };
  return LineTimeline.of(
    window,
    counts(([traffic, heartbeats]) => traffic + heartbeats),
    counts(([, heartbeats]) => heartbeats),
  );
}

const times = <T>(count: number, one: (index: number) => T) =>
  Array.from({ length: count }, (_, n) => one(n));
const beats = (seconds: number, traffic = 0) =>
  times(seconds, (n) => [traffic, Number(n % 2 === 0)] as const);
const none = (seconds: number) => times(seconds, () => [0, 0] as const);

const question = (endSeconds: number, answered: readonly number[], holdSeconds = 600): SilenceQuestion => ({
  window: { startSeconds: start + endSeconds - 15, endSeconds: start + endSeconds },
  newestSeconds: undefined,
  settledSeconds: start + endSeconds,
  holdSeconds,
  answeredSeconds: answered.map((second) => start + second),
});

describe('answered heartbeats', () => {
  const silent = timelineOf([...beats(300), ...none(30)]);

  it('that are not logged are silence from the fourth on, at whatever rate', () => {
    const judge = (answered: readonly number[]) => silenceAtEnd(silent, question(330, answered));
    expect(judge([301, 303, 305])).toBeUndefined();
    expect(judge([301, 303, 305, 307])).toMatchObject({ byHeartbeat: true, isHeld: true });
  });

  it('may be logged 2 s later', () => {
    const judge = (endSeconds: number) =>
      silenceAtEnd(silent, question(endSeconds, [301.5, 303.5, 305.5, 307.5]));
    expect(judge(309)).toBeUndefined();
    expect(judge(310)).toMatchObject({ lastSeconds: start + 298, byHeartbeat: true });
  });

  it('that ended are believed for the hold, and for a minute at least', () => {
    const long = timelineOf([...beats(300), ...none(1000)]);
    const isHeld = (endSeconds: number, holdSeconds: number) =>
      silenceAtEnd(long, question(endSeconds, [301, 303, 305, 307], holdSeconds))?.isHeld;
    expect([isHeld(906, 600), isHeld(907, 600), isHeld(366, 0), isHeld(367, 0)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('that waited for the collector make the window of its stall no number', () => {
    const stalled = timelineOf([...beats(300), ...none(12), [3, 6], ...beats(20)]);
    const answered = times(170, (n) => n * 2);
    expect(endedSilenceIn(stalled, question(320, answered))).toMatchObject({
      nextSeconds: start + 312,
      byHeartbeat: true,
    });
    expect(endedSilenceIn(stalled, question(320, []))).toBeUndefined();
  });
});

describe('lines of heartbeats', () => {
  it('show that traffic ended, however steady it was', () => {
    const ended = timelineOf([...times(300, () => [20, 0] as const), ...beats(30)]);
    for (let end = 300; end <= 330; end++) {
      expect(silenceAtEnd(ended, question(end, []))).toBeUndefined();
      expect(endedSilenceIn(ended, question(end, []))).toBeUndefined();
    }
  });

  it('are no rate: where they stop with their adapter, an idle logstore is not silent', () => {
    const stopped = timelineOf([...times(300, () => [0, 2] as const), ...none(100)]);
    expect(silenceAtEnd(stopped, question(400, []))).toBeUndefined();
    const afterTraffic = timelineOf([...times(300, () => [20, 0] as const), ...beats(20), ...none(100)]);
    expect(silenceAtEnd(afterTraffic, question(420, []))).toBeUndefined();
  });
});

it('the message of a silence by heartbeat stays the same while it lasts', () => {
  const silent = timelineOf([...beats(300), ...none(60)]);
  const messages = [330, 345, 360].map((end) => {
    const silence = silenceAtEnd(
      silent,
      question(
        end,
        times(30, (n) => 300 + 2 * n),
      ),
    );
    return silence && silentError({ project: 'p1', logstore: 'l1' }, silence).what;
  });
  expect(new Set(messages).size).toBe(1);
  expect(messages[0]).toMatch(
    /^no line at all in p1\/l1 since \S+ UTC, though the ingress answered heartbeats: the collector may be down$/,
  );
});
