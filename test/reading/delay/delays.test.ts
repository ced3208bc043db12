import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import type { Series } from '../../../src/metric/series.ts';
import { Delays } from '../../../src/reading/delay/delays.ts';
import { SampleStore } from '../../../src/reading/sample-store.ts';
import { parseEndpointUrl } from '../../../src/sls/endpoint.ts';
import { defaultSettings } from './late-logs.ts';
import { alive, betweenProbesMs, ProbedLogstore } from './probed-logstore.ts';
import { findMetric } from '../../support/catalog.ts';
import { seriesWith } from '../series.ts';

const usual = seriesWith();
const labelled = seriesWith({ delaySeconds: 7 });
const configured = seriesWith({ project: 'configured' });
const elsewhere = seriesWith({ logstore: 'other' });

/** Each endpoint has its own port. */
const endpointOf = ({ internalEndpoint }: Series) =>
  parseEndpointUrl(`http://127.0.0.1:${internalEndpoint === true ? 2 : 1}`);

function createDelays() {
  const sls = new ProbedLogstore();
  const store = new SampleStore(100);
  const { query, clock, monotonicMs, observer } = sls;
  const delays = new Delays({
    ...{ query, clock, monotonicMs, observer, store, endpointOf, maxLogstores: 50 },
    settingsOf: (project) => ({
      delaySeconds: project === 'configured' ? 20 : undefined,
      delay: project === 'slow' ? { initialSeconds: 30, leastSeconds: 20, mostSeconds: 40 } : defaultSettings,
    }),
  });
  const learnTimes = async (series: readonly Series[], times: number) => {
    for (let time = 0; time < times; time++) {
      await delays.learn(series, alive());
      clock.advance(betweenProbesMs);
    }
  };
  const put = (series: Series, delaySeconds: number) =>
    delays.sink.put(
      series,
      { value: delaySeconds, window: { startSeconds: 85, endSeconds: 100 } },
      { plannedAtMs: 110_000, delaySeconds },
    );
  const valueOf = (series: Series) => store.get(series)?.last?.sample.value;
  return { sls, store, delays, learnTimes, put, valueOf };
}

/** Lines come 3 s late at first, and 20 s late after `raise`. */
async function raised() {
  const parts = createDelays();
  await parts.learnTimes([usual], 12);
  parts.sls.lagSeconds = 20;
  const raise = () => parts.learnTimes([usual], 5);
  return { ...parts, raise };
}

describe('the delay of a series', () => {
  it('is that of its label, else that configured for its project, else the start value of its logstore', () => {
    const { delays } = createDelays();
    const all = [usual, labelled, configured, seriesWith({ project: 'configured', delaySeconds: 0 })];
    expect(all.map((one) => delays.secondsOf(one))).toEqual([10, 7, 20, 0]);
    expect(all.map((one) => delays.sourceOf(one))).toEqual([
      'start value',
      'label',
      'configuration',
      'label',
    ]);
  });

  it('is learned without a label or setting, by one probe for each logstore and endpoint', async () => {
    const { sls, delays, learnTimes } = createDelays();
    const internal = seriesWith({ internalEndpoint: true });
    const other = seriesWith({ project: 'p2' });
    const all = [labelled, usual, seriesWith({ route: 'b' }), elsewhere, usual, other, internal, configured];
    await delays.learn(all, alive());
    expect(
      sls.sent.map(({ endpoint, project, logstore }) => `${endpoint.port} ${project}/${logstore}`),
    ).toEqual(['1 p1/nginx-ingress', '1 p1/other', '1 p2/nginx-ingress', '2 p1/nginx-ingress']);
    await learnTimes([usual], 12);
    const some = [usual, labelled, seriesWith({ logstore: 'never probed' })];
    expect(some.map((one) => delays.secondsOf(one))).toEqual([4, 7, 10]);
    expect(some.map((one) => delays.sourceOf(one))).toEqual(['learned', 'label', 'start value']);
    expect(sls.events.map(([event]) => event)).toEqual(['delayLearned']);
  });

  it('is learned for each logstore separately, within the bounds of its project', async () => {
    const { sls, delays, learnTimes } = createDelays();
    const slow = seriesWith({ project: 'slow' });
    expect(delays.secondsOf(slow)).toBe(30);
    expect(delays.learned()).toEqual([]);
    await learnTimes([usual, slow], 12);
    const probedAtMs = sls.clock.now() - betweenProbesMs;
    expect([usual, slow, elsewhere].map((one) => delays.secondsOf(one))).toEqual([4, 20, 10]);
    const addressOf = ({ project, logstore }: Series) => ({
      ...{ endpoint: endpointOf(usual), project, logstore },
      routeColumn: 'proxy_upstream_name',
    });
    const learned = delays.learned().map(({ address, delaySeconds, saturated, probedAtMs: atMs }) => ({
      address,
      delaySeconds,
      saturated,
      probedAtMs: atMs,
    }));
    expect(new Set(learned)).toEqual(
      new Set([
        { address: addressOf(usual), delaySeconds: 4, saturated: false, probedAtMs },
        { address: addressOf(slow), delaySeconds: 20, saturated: false, probedAtMs },
      ]),
    );
    expect(sls.sent).toHaveLength(24);
  });

  it('is kept while a series is wanted, however many other logstores are named', async () => {
    const { delays, learnTimes, sls } = createDelays();
    await learnTimes([usual], 12);
    const nth = (index: number) => seriesWith({ logstore: `logstore-${index}` });
    const named = Array.from({ length: 200 }, (_, index) => nth(index));
    await learnTimes([usual, ...named], 40);
    expect(delays.secondsOf(usual)).toBe(4);
    expect(delays.learned()).toHaveLength(50);
    expect(new Set(sls.sent.map(({ logstore }) => logstore))).toHaveLength(50);
    expect([nth(0), nth(199)].map((one) => delays.secondsOf(one))).toEqual([4, 10]);
  });

  it('is learned although the logstore is read with a metric of another log, which it has no lines of', async () => {
    const { sls, delays, learnTimes } = createDelays();
    sls.lagSeconds = 20;
    const ofAnotherLog = seriesWith({ metric: findMetric('sls_alb_ingress_qps') });
    await learnTimes([ofAnotherLog], 2);
    await learnTimes([ofAnotherLog, usual], 5);
    expect([usual, ofAnotherLog].map((one) => delays.secondsOf(one))).toEqual([21, 10]);
  });

  it('is learned for another logstore once one is no longer wanted', async () => {
    const { delays, learnTimes } = createDelays();
    const nth = (index: number) => seriesWith({ logstore: `logstore-${index}` });
    const named = Array.from({ length: 49 }, (_, index) => nth(index));
    await learnTimes([usual, ...named], 12);
    await learnTimes([usual, elsewhere], 12);
    expect(delays.secondsOf(elsewhere)).toBe(10);
    await learnTimes([usual, elsewhere], 40);
    expect([usual, elsewhere].map((one) => delays.secondsOf(one))).toEqual([4, 4]);
    expect(delays.learned()).toHaveLength(2);
  });

  it('is kept when the clock is set ahead or back by a day', async () => {
    const { sls, delays, learnTimes } = createDelays();
    await learnTimes([usual, elsewhere], 12);
    for (const days of [1, -2]) {
      sls.clock.setBy(days * 86_400_000);
      // Each logstore has a loop of its own that calls.
      await learnTimes([elsewhere], 1);
      expect(delays.secondsOf(usual)).toBe(4);
      await learnTimes([usual], 1);
    }
    expect(delays.secondsOf(elsewhere)).toBe(4);
  });

  it('is not listed for a logstore that never answered', async () => {
    const { sls, delays, learnTimes } = createDelays();
    sls.failure = new AdapterError('LogstoreNotFound', 'no');
    await learnTimes([usual], 3);
    expect(delays.learned()).toEqual([]);
  });

  it('is not probed if all series have a label or setting', async () => {
    const { sls, delays } = createDelays();
    await delays.learn([labelled, configured], alive());
    expect(sls.sent).toEqual([]);
  });
});

describe('a sample with a delay that is too short', () => {
  it('is forgotten once the delay was raised, and no other sample is', async () => {
    const { delays, put, valueOf, raise } = await raised();
    put(usual, 4);
    for (const one of [labelled, elsewhere]) put(one, delays.secondsOf(one));
    put(seriesWith({ route: 'in time' }), 20);
    await raise();
    expect(delays.secondsOf(usual)).toBe(21);
    expect(valueOf(usual)).toBeUndefined();
    expect([labelled, elsewhere, seriesWith({ route: 'in time' })].map(valueOf)).toEqual([7, 10, 20]);
  });

  it('comes with lines that are irregular, for a minute after the delay was raised', async () => {
    const { sls, delays, learnTimes } = await raised();
    expect(delays.wasJustRaised(usual)).toBe(false);
    while (delays.secondsOf(usual) < 20) await learnTimes([usual], 1);
    expect([usual, labelled, elsewhere].map(delays.wasJustRaised)).toEqual([true, false, false]);
    sls.clock.advance(60_000);
    expect(delays.wasJustRaised(usual)).toBe(false);
  });

  it('is not stored if its query was in flight when the delay was raised', async () => {
    const { put, valueOf, raise } = await raised();
    await raise();
    put(usual, 4);
    put(labelled, 7);
    expect([usual, labelled].map(valueOf)).toEqual([undefined, 7]);
    put(usual, 21);
    expect(valueOf(usual)).toBe(21);
  });

  it('is kept if its delay was longer than necessary', async () => {
    const { put, valueOf, learnTimes } = createDelays();
    put(usual, 10);
    await learnTimes([usual], 12);
    expect(valueOf(usual)).toBe(10);
    put(usual, 10);
    expect(valueOf(usual)).toBe(10);
  });
});

it('passes failures to the store', () => {
  const { store, delays } = createDelays();
  const error = new AdapterError('SlsThrottled', 'too many');
  delays.sink.fail(usual, error, 115_000);
  expect(store.get(usual)?.failure).toEqual({ error, plannedAtMs: 115_000 });
});
