import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { DelayLearner } from '../../../src/reading/delay/delay-learner.ts';
import { defaultSettings } from './late-logs.ts';
import { addressWith, alive, betweenProbesMs, ProbedLogstore } from './probed-logstore.ts';

const name = { project: 'p1', logstore: 'nginx-ingress' };

function createLearner() {
  const sls = new ProbedLogstore();
  const learner = new DelayLearner(addressWith(), defaultSettings, sls);
  /** Sends one probe after the other, each when it is due. */
  const probeTimes = async (probes: number) => {
    for (let probe = 0; probe < probes; probe++) {
      await learner.probe(alive());
      sls.clock.advance(betweenProbesMs);
    }
  };
  return { sls, learner, probeTimes };
}

describe('a probe', () => {
  it('counts the lines of each second of the last two minutes', async () => {
    const { sls, learner } = createLearner();
    sls.clock.advance(400);
    await learner.probe(alive());
    const endSeconds = Math.floor(sls.clock.nowSeconds);
    expect(sls.sent).toEqual([
      {
        ...addressWith(),
        namespaces: new Set(),
        window: { startSeconds: endSeconds - 120, endSeconds },
        plannedAtSeconds: endSeconds,
      },
    ]);
    expect(learner.probedAtMs).toBe(sls.clock.now());
  });

  it('changes the delay, which is reported once', async () => {
    const { sls, learner, probeTimes } = createLearner();
    await probeTimes(12);
    expect(learner.delaySeconds).toBe(4);
    expect(sls.events).toEqual([
      ['delayLearned', { ...name, beforeSeconds: 10, delaySeconds: 4, missingShare: 0, saturated: false }],
    ]);
  });

  it('reports lines that come later than the longest delay', async () => {
    const { sls, learner, probeTimes } = createLearner();
    sls.lagSeconds = 90;
    await probeTimes(10);
    expect(learner.saturated).toBe(true);
    expect(sls.events.at(-1)).toEqual([
      'delayLearned',
      expect.objectContaining({ delaySeconds: 60, saturated: true }),
    ]);
  });
});

describe('the rate of probes', () => {
  /** Calls probe() every 15 s, as refreshes do, and returns how many probes each minute has. */
  async function probesByMinute(minutes: number, { sls, learner }: ReturnType<typeof createLearner>) {
    const counts: number[] = [];
    for (let minute = 0; minute < minutes; minute++) {
      const before = sls.sent.length;
      for (let call = 0; call < 4; call++) {
        const leaving = new AbortController();
        // A probe that would wait is aborted, because the clock only moves between the calls.
        const probed = learner.probe(leaving.signal);
        leaving.abort();
        await probed;
        sls.clock.advance(15_000);
      }
      counts.push(sls.sent.length - before);
    }
    return counts;
  }

  it('is one a minute when the delay has been steady for ten minutes, until lines come later', async () => {
    const bench = createLearner();
    await bench.probeTimes(60);
    expect(bench.learner.delaySeconds).toBe(4);
    expect(await probesByMinute(5, bench)).toEqual([1, 1, 1, 1, 1]);
    bench.sls.lagSeconds = 12;
    const [first, ...others] = await probesByMinute(8, bench);
    expect(first).toBe(1);
    expect(others.slice(1).every((probes) => probes === 2)).toBe(true);
    expect(bench.learner.delaySeconds).toBeGreaterThanOrEqual(13);
  });

  it('stays fast with a delay that slow probes could not judge', async () => {
    const bench = createLearner();
    bench.sls.lagSeconds = 48;
    await bench.probeTimes(80);
    expect(bench.learner.delaySeconds).toBeGreaterThan(46);
    expect((await probesByMinute(3, bench)).every((probes) => probes === 2)).toBe(true);
  });

  it.each([1000, 4999, 5000, 5001, 7000])(
    'is at most 4 in any minute if probe() is called every %i ms',
    async (beatMs) => {
      const { sls, learner } = createLearner();
      const sentAtMs: number[] = [];
      const startMs = sls.clock.now();
      while (sls.clock.now() - startMs < 600_000) {
        const before = sls.sent.length;
        const leaving = new AbortController();
        // A probe that would wait is aborted, because the clock only moves between the calls.
        const probed = learner.probe(leaving.signal);
        leaving.abort();
        await probed;
        if (sls.sent.length > before) sentAtMs.push(sls.clock.now());
        sls.clock.advance(beatMs);
      }
      for (const [index, atMs] of sentAtMs.entries())
        expect((sentAtMs[index + 4] ?? Infinity) - atMs).toBeGreaterThan(60_000);
      expect(sentAtMs.length).toBeGreaterThanOrEqual(600_000 / (betweenProbesMs + beatMs));
    },
  );

  it('allows a probe that is due soon, after a wait', async () => {
    const { sls, learner } = createLearner();
    await learner.probe(alive());
    sls.clock.advance(betweenProbesMs - 5001);
    await learner.probe(alive());
    expect(sls.sent).toHaveLength(1);
    sls.clock.advance(4981);
    const waited = learner.probe(alive());
    expect(sls.sent).toHaveLength(1);
    await waited;
    expect(sls.sent).toHaveLength(2);
  });

  it('allows one probe at a time', async () => {
    const { sls, learner } = createLearner();
    const both = [learner.probe(alive()), learner.probe(alive())];
    sls.clock.advance(betweenProbesMs);
    both.push(learner.probe(alive()));
    await Promise.all(both);
    expect(sls.sent).toHaveLength(1);
    await learner.probe(alive());
    expect(sls.sent).toHaveLength(2);
  });

  it('stays the same after the clock was set back', async () => {
    const { sls, learner } = createLearner();
    await learner.probe(alive());
    sls.clock.setBy(-3_600_000);
    await learner.probe(alive());
    expect(sls.sent).toHaveLength(1);
    sls.clock.advance(betweenProbesMs);
    await learner.probe(alive());
    expect(sls.sent).toHaveLength(2);
  });
});

describe('a probe that fails', () => {
  const unavailable = new AdapterError('SlsUnavailable', 'down');

  it('leaves the delay unchanged, and is reported when it begins, changes its code or ends', async () => {
    const { sls, learner, probeTimes } = createLearner();
    await probeTimes(12);
    sls.events.length = 0;
    const probedAtMs = learner.probedAtMs;
    sls.failure = unavailable;
    await probeTimes(3);
    const denied = new AdapterError('PermissionDenied', 'not yours');
    sls.failure = denied;
    await probeTimes(2);
    expect(learner).toMatchObject({ delaySeconds: 4, probedAtMs });
    sls.failure = undefined;
    await probeTimes(3);
    expect(sls.events).toEqual([
      ['probeFailing', { ...name, error: unavailable }],
      ['probeFailing', { ...name, error: denied }],
      ['probeRecovered', name],
    ]);
    expect(learner.delaySeconds).toBe(4);
  });

  it('counts as a probe for the rate', async () => {
    const { sls, learner } = createLearner();
    sls.failure = unavailable;
    await learner.probe(alive());
    await learner.probe(alive());
    expect(sls.sent).toHaveLength(1);
  });

  it('does not reject for a fault of the adapter, which is reported as Internal', async () => {
    const { sls, learner } = createLearner();
    sls.failure = new TypeError('undefined is not a function');
    await expect(learner.probe(alive())).resolves.toBe(false);
    expect(sls.events).toEqual([
      ['probeFailing', { ...name, error: expect.objectContaining({ code: 'Internal' }) as unknown }],
    ]);
  });

  it('is not reported if its signal was aborted', async () => {
    const { sls, learner } = createLearner();
    sls.failure = new AdapterError('Canceled', 'gone');
    const leaving = new AbortController();
    const left = learner.probe(leaving.signal);
    leaving.abort();
    await left;
    sls.clock.advance(betweenProbesMs);
    await learner.probe(AbortSignal.abort());
    expect(sls.events).toEqual([]);
    expect(sls.sent).toHaveLength(1);
  });
});

describe('the answer of a probe', () => {
  it('counts as of when the probe was sent if it took a second or less', async () => {
    const { sls, learner, probeTimes } = createLearner();
    sls.answerMs = 900;
    await probeTimes(20);
    expect(learner.delaySeconds).toBe(4);
  });

  it.each([false, true])(
    'does not make the delay too short, whenever it was counted',
    async (countedAtTheEnd) => {
      const { sls, learner, probeTimes } = createLearner();
      Object.assign(sls, { answerMs: 6000, lagSeconds: 5, countedAtTheEnd });
      await probeTimes(20);
      expect(learner.delaySeconds).toBeGreaterThanOrEqual(6);
    },
  );
});
