import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { toAdapterError } from '../../../src/errors.ts';
import { Heartbeat } from '../../../src/reading/heartbeat/heartbeat.ts';
import { HeartbeatLines } from '../../../src/sls/heartbeat-lines.ts';
import { seriesWith } from '../series.ts';
import { heartbeatRoute, SimulatedLogs, startAdapter } from '../silence/simulated-logs.ts';

/** `old`: an earlier number, served while readings fail. */
type Outcome = 'number' | 'zero' | 'old' | 'LogstoreSilent';

interface Scenario {
  readonly title: string;
  /** Lines that clients cause in a second since the start. */
  readonly traffic: (second: number) => number;
  /** Whether the collector reads. While it does not, lines wait for it. Default: always. */
  readonly collects?: (second: number) => boolean;
  /** Whether the ingress answers heartbeats. Default: always. */
  readonly answers?: (second: number) => boolean;
  /** Whether heartbeats are logged in this logstore. Default: yes. */
  readonly logged?: boolean;
  readonly restartsAt?: number;
  /** Whether the adapter is read. Default: always. */
  readonly isRead?: (second: number) => boolean;
  /** What may be read from a second on. */
  readonly expected: readonly (readonly [from: number, ...outcomes: Outcome[]])[];
  /** The changes of the heartbeat. */
  readonly states: readonly string[];
  readonly holdSeconds?: number;
  readonly untilSeconds: number;
}

const project = 'k8s-log-c1';
const logstore = 'nginx-ingress';
const route = 'default-web-80';
const always = () => true;

async function play(scenario: Scenario) {
  const { traffic, collects = always, answers = always, isRead = always, logged = true } = scenario;
  const { holdSeconds = 600 } = scenario;
  const logs = new SimulatedLogs();
  const { clock, startSeconds } = logs;
  const waiting = new Map<string, number>();
  const states: string[] = [];
  let sent = 0;
  const wait = (name: string, lines: number) => waiting.set(name, (waiting.get(name) ?? 0) + lines);
  const startReplica = () => {
    const stopped = new AbortController();
    let wake: () => void = () => undefined;
    let wakeAtMs = Infinity;
    const lines = new HeartbeatLines({ url: new URL('http://127.0.0.1/'), project, logstore });
    const heartbeat = new Heartbeat({
      url: new URL('http://127.0.0.1/'),
      userAgent: 'heartbeat',
      lines,
      clock,
      monotonicMs: clock.monotonicMs,
      send: () => {
        sent += 1;
        if (!answers(clock.nowSeconds - startSeconds)) return Promise.reject(new Error('ECONNREFUSED'));
        if (logged) wait(heartbeatRoute, 1);
        return Promise.resolve();
      },
      pause: (pauseMs) => {
        wakeAtMs = clock.now() + pauseMs;
        return new Promise((resolve) => (wake = resolve));
      },
      observer: {
        heartbeatChanged: ({ state, reason }) => {
          states.push([state, reason, `at ${clock.nowSeconds - startSeconds}`].filter(Boolean).join(' '));
        },
      },
    });
    void heartbeat.run(stopped.signal);
    const adapter = startAdapter(logs, { holdSeconds, heartbeat });
    const tick = async () => {
      if (clock.now() >= wakeAtMs) wake();
      await nextTurn();
    };
    const query = { project, logstore, window: { startSeconds, endSeconds: startSeconds + 1 } };
    const isIndexed = () =>
      lines.query({ ...query, plannedAtSeconds: startSeconds }, () => Promise.resolve());
    return { adapter, tick, isIndexed, stop: () => stopped.abort() };
  };
  let replica = startReplica();
  await replica.isIndexed();
  const series = seriesWith({ project, logstore, route });
  const readings: (readonly [at: number, outcome: Outcome])[] = [];
  for (let second = 0; second < scenario.untilSeconds; second++) {
    if (second === scenario.restartsAt) {
      replica.stop();
      replica = startReplica();
      await replica.isIndexed();
    }
    wait(route, traffic(second));
    await replica.tick();
    if (collects(second)) {
      for (const [name, lines] of waiting) logs.log(startSeconds + second, name, lines);
      waiting.clear();
    }
    clock.advance(1000);
    if (second % 5 > 0 || !isRead(second)) continue;
    if (second % 20 === 0) await replica.adapter.learn([series]);
    const outcome = await replica.adapter.read(series).then(
      ({ value, source }): Outcome => (source === 'stale' ? 'old' : value === 0 ? 'zero' : 'number'),
      (thrown: unknown) => toAdapterError(thrown).code as Outcome,
    );
    readings.push([second, outcome]);
  }
  const [learned] = replica.adapter.delays.learned();
  return { readings, states, sent, delaySeconds: learned?.delaySeconds };
}

const scenarios: readonly Scenario[] = [
  {
    title: 'a collector that stops in a sparse logstore reads as an error until it works again',
    traffic: (second) => Number(second % 30 === 0),
    collects: (second) => second < 300 || second >= 1500,
    expected: [
      [0, 'number', 'zero'],
      [315, 'old', 'LogstoreSilent'],
      [1500, 'old', 'LogstoreSilent', 'number', 'zero'],
      [1535, 'number', 'zero'],
    ],
    states: [expect.stringMatching('^proving at')],
    untilSeconds: 1600,
  },
  {
    title: 'traffic that ends at once reads 0 at once',
    traffic: (second) => (second < 300 ? 20 : 0),
    expected: [
      [0, 'number', 'zero'],
      [30, 'number'],
      [300, 'number', 'zero'],
      [330, 'zero'],
    ],
    states: [expect.stringMatching('^proving at')],
    untilSeconds: 700,
  },
  {
    title: 'an idle logstore reads 0, and an error once the collector stops',
    traffic: () => 0,
    collects: (second) => second < 300,
    expected: [
      [0, 'zero'],
      [315, 'zero', 'old', 'LogstoreSilent'],
      [320, 'old', 'LogstoreSilent'],
    ],
    states: [expect.stringMatching('^proving at')],
    untilSeconds: 1200,
  },
  {
    title: 'silence of a steady logstore is never believed while heartbeats are answered',
    traffic: () => 20,
    collects: (second) => second < 300,
    expected: [
      [0, 'number', 'zero'],
      [30, 'number'],
      [300, 'number', 'old', 'LogstoreSilent'],
      [385, 'old', 'LogstoreSilent'],
    ],
    states: [expect.stringMatching('^proving at')],
    untilSeconds: 1500,
  },
  {
    title: 'heartbeats judge silence even if no silence is held',
    traffic: (second) => Number(second % 30 === 0),
    collects: (second) => second < 300,
    holdSeconds: 0,
    expected: [
      [0, 'number', 'zero'],
      [315, 'old', 'LogstoreSilent'],
    ],
    states: [expect.stringMatching('^proving at')],
    untilSeconds: 700,
  },
  {
    title: 'a collector that stalls in a sparse logstore is an error for the windows of the stall',
    traffic: (second) => Number(second % 30 === 0),
    collects: (second) => second < 300 || second >= 340,
    expected: [
      [0, 'number', 'zero'],
      [315, 'old', 'LogstoreSilent'],
      [345, 'old', 'LogstoreSilent', 'number', 'zero'],
      [375, 'number', 'zero'],
    ],
    states: [expect.stringMatching('^proving at')],
    untilSeconds: 500,
  },
  {
    title: 'an adapter that starts in silence finds the lines of earlier heartbeats',
    traffic: (second) => Number(second % 30 === 0),
    collects: (second) => second < 300,
    restartsAt: 400,
    expected: [
      [0, 'number', 'zero'],
      [315, 'old', 'LogstoreSilent'],
      [400, 'old', 'LogstoreSilent', 'zero'],
      [420, 'old', 'LogstoreSilent'],
    ],
    states: [expect.stringMatching('^proving at'), expect.stringMatching('^proving at 4')],
    untilSeconds: 700,
  },
  {
    title: 'heartbeats that get no answer prove nothing, which is told once: the rate of lines judges',
    traffic: (second) => (second < 300 ? 20 : 0),
    answers: () => false,
    expected: [
      [0, 'number', 'zero'],
      [30, 'number'],
      [300, 'number', 'old', 'LogstoreSilent'],
      [385, 'LogstoreSilent'],
      [890, 'old', 'LogstoreSilent', 'zero'],
      [930, 'zero'],
    ],
    states: [expect.stringMatching('^failing ECONNREFUSED at [5-9]$')],
    untilSeconds: 1000,
  },
  {
    title: 'heartbeats that are not logged in this logstore are told, and prove nothing',
    traffic: (second) => Number(second % 10 === 0),
    logged: false,
    expected: [[0, 'number', 'zero']],
    states: [expect.stringMatching(/^unlogged at 1\d\d$/)],
    untilSeconds: 700,
  },
  {
    title: 'heartbeats that are no longer answered hold a silence for the hold alone',
    traffic: (second) => Number(second % 30 === 0),
    collects: (second) => second < 300,
    answers: (second) => second < 400,
    expected: [
      [0, 'number', 'zero'],
      [315, 'old', 'LogstoreSilent'],
      [995, 'old', 'LogstoreSilent', 'zero'],
      [1015, 'zero'],
    ],
    states: [expect.stringMatching('^proving'), expect.stringMatching('^failing ECONNREFUSED at 40')],
    untilSeconds: 1100,
  },
  {
    title: 'heartbeats that stop with the reads are no silence when the reads begin again',
    traffic: () => 0,
    isRead: (second) => second < 200 || second >= 500,
    expected: [[0, 'zero']],
    states: [expect.stringMatching('^proving at')],
    untilSeconds: 600,
  },
];

describe('what is read with a heartbeat', () => {
  it.each(scenarios)('$title', async (scenario) => {
    const { readings, states } = await play(scenario);
    const wrong = readings.filter(([at, outcome]) => {
      const [, ...outcomes] = scenario.expected.findLast(([from]) => at >= from) ?? [0];
      return !outcomes.includes(outcome);
    });
    expect(wrong).toEqual([]);
    expect(states).toEqual(scenario.states);
  });

  it('an adapter that is not read sends none', async () => {
    const idle = { title: '', traffic: () => 5, expected: [], states: [], untilSeconds: 300 };
    expect((await play({ ...idle, isRead: () => false })).sent).toBe(0);
    const { sent } = await play({ ...idle, isRead: (second) => second < 100 });
    // 95 s of reads, and a minute more: one in 2 s.
    expect(sent).toBeGreaterThan(70);
    expect(sent).toBeLessThanOrEqual(80);
  });

  it('the delay of a log without traffic is learned', async () => {
    const idle = { title: '', traffic: () => 0, expected: [], states: [], untilSeconds: 900 };
    expect((await play(idle)).delaySeconds).toBe(4);
    expect((await play({ ...idle, logged: false })).delaySeconds).toBe(10);
  });
});
