import { describe, expect, it } from 'vitest';
import { seriesWith } from '../series.ts';
import { SimulatedAdapter, type SimulatedRead } from './simulated-adapter.ts';

/** Until then reads have a beat, and the delay is learned as far as these tests need it. */
const warmUpSeconds = 120;

async function warmAdapter(hpas: number, jitterMs = 0) {
  const adapter = new SimulatedAdapter();
  adapter.addSpread(hpas, { jitterMs });
  await adapter.runFor(warmUpSeconds);
  return adapter;
}

const since = (adapter: SimulatedAdapter, seconds: number) =>
  adapter.reads.filter(({ atSeconds }) => atSeconds >= seconds);

function medianAge(reads: readonly SimulatedRead[]): number {
  const ages = reads.map(({ ageSeconds }) => ageSeconds).sort((a, b) => a - b);
  return ages[Math.floor(ages.length / 2)] ?? Number.NaN;
}

/** What holds after any disturbance: no read fails, refreshes do not pile up, and the budget is kept. */
function expectCalm(adapter: SimulatedAdapter, queries = 22): void {
  expect(adapter.reads.filter(({ failure }) => failure !== undefined)).toEqual([]);
  // A refresh, a probe of the delay, and cold reads. A project has five places.
  expect(adapter.mostInFlight).toBeLessThanOrEqual(4);
  expect(adapter.mostQueriesPerMinute(warmUpSeconds)).toBeLessThanOrEqual(queries);
}

describe('refreshes meet the reads', () => {
  it('of HPAs whose reconciles take 0 to 3 s', async () => {
    await using adapter = await warmAdapter(20, 3000);
    await adapter.runFor(240);
    expectCalm(adapter);
    expect(medianAge(since(adapter, warmUpSeconds))).toBeLessThan(3);
  });

  it('of HPAs that are added, and asks no more for those that are removed', async () => {
    await using adapter = await warmAdapter(3);
    adapter.addSpread(20);
    await adapter.runFor(120);
    expectCalm(adapter);
    const atSeconds = adapter.nowSeconds;
    for (const hpa of adapter.hpas().slice(0, 15)) adapter.remove(hpa);
    await adapter.runFor(120);
    expectCalm(adapter);
    expect(medianAge(since(adapter, atSeconds + 60))).toBeLessThan(3);
  });

  it('no more once all HPAs are removed: nothing is asked', async () => {
    await using adapter = await warmAdapter(20);
    for (const hpa of adapter.hpas().slice(0, 20)) adapter.remove(hpa);
    await adapter.runFor(60);
    const sent = adapter.queries.length;
    await adapter.runFor(300);
    expect(adapter.queries).toHaveLength(sent);
  });

  it('of a restarted controller, which reads all HPAs at once and goes on in that beat', async () => {
    await using adapter = await warmAdapter(20);
    adapter.restartController(37);
    await adapter.runFor(180);
    expectCalm(adapter);
    const last = since(adapter, adapter.nowSeconds - 60);
    expect(last.length).toBeGreaterThan(70);
    expect(medianAge(last)).toBeLessThan(2);
  });

  it('of two controllers that read the same series at different times', async () => {
    await using adapter = await warmAdapter(20);
    adapter.addSpread(20, { user: 'other-controller', firstSeconds: 4.3 });
    await adapter.runFor(180);
    expectCalm(adapter);
    expect(medianAge(since(adapter, adapter.nowSeconds - 60))).toBeLessThan(3);
  });

  it.each([-3600, -2, 2, 3600])('after the clock was set by %i s', async (seconds) => {
    await using adapter = await warmAdapter(20);
    const atSeconds = adapter.nowSeconds;
    adapter.setClockBy(seconds);
    await adapter.runFor(120);
    expectCalm(adapter);
    expect(medianAge(since(adapter, atSeconds + 30))).toBeLessThan(3);
  });

  it('of an SLS that takes 4 s to answer, one refresh after the other', async () => {
    await using adapter = await warmAdapter(20);
    adapter.sls.latencyMs = 4000;
    await adapter.runFor(180);
    expectCalm(adapter);
    const atSeconds = adapter.nowSeconds;
    adapter.sls.latencyMs = 80;
    await adapter.runFor(120);
    expectCalm(adapter);
    expect(medianAge(since(adapter, atSeconds + 60))).toBeLessThan(3);
  });

  it.each(['SlsThrottled', 'SlsTimeout', 'PermissionDenied'] as const)(
    'of an SLS that fails for 45 s with %s: the last readings are served, and it is not asked more often',
    async (failure) => {
      await using adapter = await warmAdapter(20);
      adapter.sls.failure = failure;
      await adapter.runFor(45);
      adapter.sls.failure = undefined;
      await adapter.runFor(120);
      expect(adapter.reads.filter((read) => read.failure !== undefined)).toEqual([]);
      // A refresh, a probe of the delay, and cold reads. A project has five places.
      expect(adapter.mostInFlight).toBeLessThanOrEqual(4);
      expect(medianAge(since(adapter, adapter.nowSeconds - 60))).toBeLessThan(3);
    },
  );
});

describe('the queries of a minute, probes of the delay included', () => {
  it('are at most 18 with 20 HPAs and with 60, once the delay has been steady for 10 minutes', async () => {
    for (const hpas of [20, 60]) {
      await using adapter = new SimulatedAdapter();
      adapter.addSpread(hpas);
      await adapter.runFor(1080);
      const sent = adapter.queries.filter((one) => one >= 960).length;
      expect(sent / 2).toBeLessThanOrEqual(18);
      expectCalm(adapter);
    }
  });

  it('are at most 6 with one HPA and two replicas, of which it reads one, then the other', async () => {
    const hpa = { series: seriesWith(), namespace: 'shop', firstSeconds: 0 };
    const queries: number[] = [];
    for (const replica of [0, 1]) {
      await using adapter = new SimulatedAdapter();
      await adapter.runFor(replica * 960);
      const added = adapter.add({ ...hpa });
      await adapter.runFor(960 - replica * 480);
      if (replica === 0) adapter.remove(added);
      await adapter.runFor(480 + replica * 960);
      queries.push(...adapter.queries);
      expectCalm(adapter);
    }
    const inMinute = (fromSeconds: number) =>
      queries.filter((one) => one >= fromSeconds && one < fromSeconds + 60).length;
    expect(inMinute(880)).toBeLessThanOrEqual(6);
    // The other replica learns the delay anew.
    expect(inMinute(1020)).toBeLessThanOrEqual(9);
    expect(inMinute(2300)).toBeLessThanOrEqual(6);
  });
});
