import { describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { isSynced, useAutoscalers } from '../autoscaler-bench.ts';

const bench = useAutoscalers();

/** Resolves after so many more attempts. */
const looks = (times: number) => {
  const before = bench.server.count('autoscaling.get');
  return waitFor(() => bench.server.count('autoscaling.get') >= before + times);
};

const watchEnds = () => bench.dependencies.observer.of('watchEnded');

describe('the watch of HPAs without the right', () => {
  it('is off, reports that once with the message of the server, and comes on when the right is granted', async () => {
    bench.put('shop', 'web', 'qps');
    bench.server.hpas.mayRead = () => false;
    const watch = bench.start();
    await looks(4);
    expect(isSynced(watch)).toBe(false);
    expect(bench.offs()).toMatchObject([{ namespace: undefined, reason: 'forbidden' }]);
    expect(bench.offs()[0]?.message).toContain(
      'cannot list resource "horizontalpodautoscalers" in API group "autoscaling" at the cluster scope',
    );
    bench.server.hpas.mayRead = () => true;
    await waitFor(() => isSynced(watch));
    expect(bench.reported).toEqual(['shop/web: qps']);
    expect(bench.ons()).toEqual([{ namespace: undefined, version: 'v2', withExternalMetrics: 1 }]);
    expect(bench.offs()).toHaveLength(1);
    expect(watchEnds()).toEqual([]);
  });

  it('reports no HPA with the right to list but not to watch', async () => {
    bench.put('shop', 'web', 'qps');
    bench.server.hpas.mayRead = (verb) => verb === 'list';
    bench.start();
    await looks(4);
    expect(bench.reported).toEqual([]);
    expect(bench.ons()).toEqual([]);
    expect(bench.offs()).toHaveLength(1);
    expect(bench.offs()[0]?.message).toContain('cannot watch resource');
    expect(watchEnds()).toEqual([]);
  });

  it('forgets the HPAs when the right is revoked, and reports it each time', async () => {
    bench.put('shop', 'web', 'qps');
    const watch = bench.start();
    for (const round of [1, 2]) {
      await waitFor(() => isSynced(watch));
      await bench.watching();
      bench.reported = [];
      bench.server.hpas.mayRead = () => false;
      bench.server.hpas.closeWatches();
      await waitFor(() => bench.offs().length === round);
      await looks(2);
      expect(bench.offs()[round - 1]).toMatchObject({ reason: 'forbidden', retryInMs: 8 });
      expect(bench.reported).toEqual(['shop/web: ']);
      expect(isSynced(watch)).toBe(false);
      bench.server.hpas.mayRead = () => true;
      await waitFor(() => bench.ons().length === round + 1);
      expect(bench.reported).toEqual(['shop/web: ', 'shop/web: qps']);
    }
  });

  it('tries again soon, then less and less often', async () => {
    bench.server.hpas.mayRead = () => false;
    const pausesMs: number[] = [];
    bench.dependencies = { ...bench.dependencies, random: () => (pausesMs.push(performance.now()), 0.5) };
    bench.start([], { recheck: { firstPauseMs: 5, longestPauseMs: 40 } });
    await looks(6);
    const gapsMs = pausesMs.slice(1).map((atMs, index) => atMs - (pausesMs[index] ?? 0));
    // With this random, a pause is three quarters of its bound. A busy machine makes it only longer.
    expect(gapsMs[0]).toBeGreaterThanOrEqual(0.75 * 5 - 1);
    expect(gapsMs[3]).toBeGreaterThanOrEqual(0.75 * 40 - 1);
  });
});

describe('the API version of HPAs', () => {
  it('is v2beta2 if the cluster serves no later one', async () => {
    bench.server.hpas.versions = ['v1', 'v2beta1', 'v2beta2'];
    bench.put('shop', 'web', 'qps');
    bench.start();
    await waitFor(() => bench.reported.length === 1);
    expect(bench.ons()).toMatchObject([{ version: 'v2beta2' }]);
    await bench.watching();
    bench.put('shop', 'web', 'latency');
    await waitFor(() => bench.reported.length === 2);
    expect(bench.server.requests.map(({ url }) => url).join(' ')).not.toContain('/v2/');
  });

  it('is the next one after an upgrade, and unchanged HPAs are not reported again', async () => {
    bench.server.hpas.versions = ['v2beta2', 'v1'];
    bench.put('shop', 'web', 'qps');
    const watch = bench.start();
    await waitFor(() => isSynced(watch));
    await bench.watching();
    bench.server.hpas.versions = ['v2', 'v1'];
    bench.server.hpas.closeWatches();
    await waitFor(() => bench.ons().length === 2);
    expect(bench.ons()[1]).toMatchObject({ version: 'v2', withExternalMetrics: 1 });
    await bench.watching();
    await bench.settled();
    expect(bench.reports).toEqual(['shop/web: qps']);
    expect(bench.offs()).toEqual([]);
  });

  it.each<[what: string, versions: readonly string[]]>([
    ['v1 and v2beta1 alone', ['v1', 'v2beta1']],
    ['no group autoscaling', []],
  ])('may be missing, which is reported once: %s', async (_, versions) => {
    bench.server.hpas.versions = versions;
    bench.put('shop', 'web', 'qps');
    const watch = bench.start();
    await looks(4);
    expect(bench.offs()).toEqual([
      {
        namespace: undefined,
        reason: 'unserved',
        message: 'autoscaling has neither of v2 and v2beta2',
        retryInMs: 8,
      },
    ]);
    expect(isSynced(watch)).toBe(false);
    expect(bench.server.count('hpa.list')).toBe(0);
    bench.server.hpas.versions = ['v2'];
    await waitFor(() => isSynced(watch));
    expect(bench.reported).toEqual(['shop/web: qps']);
  });

  it('may be named by discovery but not served, which is reported once', async () => {
    bench.server.fail('hpa.list', { kind: 'status', code: 404, message: 'not here' });
    bench.start();
    await looks(4);
    expect(bench.offs()).toMatchObject([{ reason: 'unserved', retryInMs: 8 }]);
    expect(bench.offs()[0]?.message).toContain('answered 404: not here');
    expect(watchEnds()).toEqual([]);
  });

  it('is asked for again after a failure with a status', async () => {
    bench.put('shop', 'web', 'qps');
    bench.server.fail('autoscaling.get', { kind: 'status', code: 500 }, 1);
    const watch = bench.start();
    await waitFor(() => isSynced(watch));
    expect(watchEnds()).toMatchObject([{ path: '/apis/autoscaling', reason: 'failed', retryInMs: 2 }]);
    expect(bench.offs()).toEqual([]);
  });

  it.each(['hang', 'cut', 'garbage'] as const)('is asked for again after: %s', async (kind) => {
    bench.put('shop', 'web', 'qps');
    bench.server.fail('autoscaling.get', { kind }, 2);
    const watch = bench.start([], { callTimeoutMs: 100 });
    await waitFor(() => isSynced(watch));
    expect(
      watchEnds()
        .map(({ retryInMs }) => retryInMs)
        .slice(0, 2),
    ).toEqual([2, 4]);
  });

  it('may be forbidden by RBAC too', async () => {
    const failure = { kind: 'status', code: 403, message: 'no system:discovery' } as const;
    bench.server.fail('autoscaling.get', failure, 3);
    const watch = bench.start();
    await waitFor(() => isSynced(watch));
    expect(bench.offs()).toMatchObject([{ reason: 'forbidden' }]);
    expect(watchEnds()).toEqual([]);
  });
});
