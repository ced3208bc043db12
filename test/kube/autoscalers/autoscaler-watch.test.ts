import { describe, expect, it } from 'vitest';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { waitFor } from '../../support/wait-for.ts';
import { isSynced, useAutoscalers } from '../autoscaler-bench.ts';
import { activeResources } from '../kube-harness.ts';

const bench = useAutoscalers();
const qps = externalMetric('qps', { matchLabels: { 'sls.project': 'shop' } });

/** Paths of the requests for HPAs, each once. */
const paths = () => [
  ...new Set(
    bench.server.requests
      .filter(({ endpoint }) => endpoint.startsWith('hpa.'))
      .map(({ url }) => new URL(url, bench.server.url).pathname),
  ),
];

describe('the HPAs of a cluster', () => {
  it('are reported with the external metrics that they name: added, changed, deleted', async () => {
    bench.put('shop', 'web', 'qps');
    bench.put('blog', 'web', 'latency', 'qps');
    bench.put('blog', 'cpu');
    const watch = bench.start();
    expect(isSynced(watch)).toBe(false);
    await waitFor(() => isSynced(watch));
    expect(bench.reported.sort()).toEqual(['blog/web: latency,qps', 'shop/web: qps']);
    await bench.watching();
    bench.put('blog', 'cpu', 'qps');
    bench.put('shop', 'web', 'latency');
    bench.server.hpas.delete('web', 'blog');
    bench.put('blog', 'cpu');
    await bench.settled();
    expect(bench.reports.slice(2)).toEqual([
      'blog/cpu: qps',
      'shop/web: latency',
      'blog/web: ',
      'blog/cpu: ',
    ]);
    expect(paths()).toEqual(['/apis/autoscaling/v2/horizontalpodautoscalers']);
    expect(bench.ons()).toEqual([{ namespace: undefined, version: 'v2', withExternalMetrics: 2 }]);
  });

  it('are reported with the requirements of their selectors', async () => {
    bench.server.hpas.put(autoscaler('shop', 'web', [qps]));
    bench.start();
    await waitFor(() => bench.known.has('shop/web'));
    expect(bench.known.get('shop/web')).toEqual([
      {
        name: 'qps',
        requirements: [{ key: 'sls.project', operator: '=', values: ['shop'] }],
        target: { kind: 'AverageValue', value: 10, minReplicas: 1, maxReplicas: 10 },
      },
    ]);
    await bench.watching();
    const other = externalMetric('qps', { matchLabels: { 'sls.project': 'blog' } });
    bench.server.hpas.put(autoscaler('shop', 'web', [other]));
    await waitFor(() => bench.reported.length === 2);
    expect(bench.known.get('shop/web')).toMatchObject([{ requirements: [{ values: ['blog'] }] }]);
  });

  it('are not reported again for a status, an annotation, a metric of another type or a repeated metric', async () => {
    bench.server.hpas.put(autoscaler('shop', 'web', [qps]));
    bench.start();
    await bench.watching();
    const cpu = { type: 'Resource', resource: { name: 'cpu' } };
    const metadata = { namespace: 'shop', name: 'web', annotations: { a: 'b' }, generation: 7 };
    bench.server.hpas.put(autoscaler('shop', 'web', [qps], { status: { currentReplicas: 2 } }));
    bench.server.hpas.put(autoscaler('shop', 'web', [qps], { metadata }));
    bench.server.hpas.put(autoscaler('shop', 'web', [cpu, qps, qps]));
    await bench.settled();
    expect(bench.reports).toEqual(['shop/web: qps']);
  });

  it('are reported again for another target', async () => {
    bench.server.hpas.put(autoscaler('shop', 'web', [qps]));
    bench.start();
    await bench.watching();
    const target = { ...qps, external: { ...qps.external, target: { type: 'Value', value: '3' } } };
    bench.server.hpas.put(autoscaler('shop', 'web', [target]));
    await waitFor(() => bench.reported.length === 2);
    expect(bench.known.get('shop/web')).toMatchObject([{ target: { kind: 'Value', value: 3 } }]);
  });

  it('may be malformed, at the start and later, without effect on others', async () => {
    const odd = (name: string, spec: unknown) => ({ metadata: { namespace: 'shop', name }, spec });
    bench.server.hpas.put(odd('nothing', null));
    bench.server.hpas.put(odd('numbers', { metrics: [1, null, { type: 'External', external: 2 }] }));
    bench.put('shop', 'web', 'qps');
    bench.start();
    await bench.watching();
    bench.server.hpas.put(odd('nothing', { metrics: 'all' }));
    bench.server.hpas.put({ metadata: { name: 'nowhere' }, spec: { metrics: [qps] } });
    bench.server.hpas.put(
      odd('refused', { metrics: [externalMetric('qps', { matchLabels: { a: 'b c' } })] }),
    );
    await bench.settled();
    expect(bench.reports).toEqual(['shop/web: qps', 'shop/refused: qps']);
    expect(bench.known.get('shop/refused')).toMatchObject([{ refusal: { code: 'SelectorMalformed' } }]);
    expect(bench.dependencies.observer.of('watchEnded')).toEqual([]);
  });

  it('are reported after 410 only if they differ', async () => {
    for (const name of ['same', 'other', 'gone']) bench.put('shop', name, 'qps');
    const watch = bench.start();
    await bench.watching();
    bench.reported = [];
    const { hpas } = bench.server;
    hpas.silent = true;
    hpas.delete('gone');
    bench.put('shop', 'other', 'latency');
    bench.put('shop', 'new', 'qps');
    hpas.silent = false;
    hpas.expire('status');
    await waitFor(() => bench.server.count('hpa.list') === 2 && hpas.openWatches === 1);
    await bench.settled();
    expect(bench.reports.toSorted()).toEqual(['shop/gone: ', 'shop/new: qps', 'shop/other: latency']);
    expect(isSynced(watch)).toBe(true);
    expect(bench.ons()).toHaveLength(1);
  });

  it('stay known while the API server is away', async () => {
    bench.put('shop', 'web', 'qps');
    const watch = bench.start();
    await bench.watching();
    await bench.server.goDown();
    await waitFor(() => bench.dependencies.observer.of('watchEnded').length >= 3);
    bench.put('shop', 'web', 'latency');
    await bench.server.comeUp();
    await waitFor(() => bench.reported.length === 2);
    expect(bench.reported).toEqual(['shop/web: qps', 'shop/web: latency']);
    expect(isSynced(watch)).toBe(true);
    expect(bench.offs()).toEqual([]);
  });

  it('can be thousands, in events and in a list', async () => {
    const count = 5000;
    const names = Array.from({ length: count }, (_, index) => `hpa-${index}`);
    for (const name of names) bench.put('shop', name, 'qps');
    bench.start();
    await waitFor(() => bench.known.size === count);
    expect(bench.server.count('hpa.list')).toBe(count / 200);
    await bench.watching();
    for (const name of names) bench.put('blog', name, 'qps', 'latency');
    await waitFor(() => bench.known.size === 2 * count);
    for (const name of names) bench.server.hpas.delete(name, 'blog');
    await waitFor(() => bench.known.size === count);
    expect(bench.reported).toHaveLength(3 * count);
    expect(bench.dependencies.observer.of('watchEnded')).toEqual([]);
  });

  it('leave no timer and no socket when the watch is stopped', async () => {
    bench.put('shop', 'web', 'qps');
    bench.start(['shop', 'blog']);
    await bench.watching(2);
    bench.stop.abort();
    await bench.running;
    bench.client.close();
    await waitFor(() => bench.server.openConnections === 0);
    await waitFor(() => activeResources() === 0, 'no timer and no socket left');
    expect(bench.reported).toEqual(['shop/web: qps']);
  });
});

describe('the watch of chosen namespaces', () => {
  it('makes one watch for each namespace, and none for others', async () => {
    for (const namespace of ['shop', 'blog', 'bank']) bench.put(namespace, 'web', 'qps');
    const watch = bench.start(['shop', 'blog', 'shop']);
    await bench.watching(2);
    await waitFor(() => isSynced(watch));
    bench.put('bank', 'other', 'qps');
    bench.put('blog', 'other', 'qps');
    await bench.settled('shop');
    await bench.settled('blog');
    expect(bench.reports.toSorted()).toEqual(['blog/other: qps', 'blog/web: qps', 'shop/web: qps']);
    expect(paths().sort()).toEqual([
      '/apis/autoscaling/v2/namespaces/blog/horizontalpodautoscalers',
      '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers',
    ]);
  });

  it('is not synced while one namespace may not be read', async () => {
    bench.put('shop', 'web', 'qps');
    bench.put('blog', 'web', 'qps');
    bench.server.hpas.mayRead = (_, namespace) => namespace === 'shop';
    const watch = bench.start(['shop', 'blog']);
    await waitFor(() => bench.ons().length === 1 && bench.offs().length === 1);
    expect(isSynced(watch)).toBe(false);
    expect(bench.reported).toEqual(['shop/web: qps']);
    expect(bench.offs()[0]).toMatchObject({ namespace: 'blog', reason: 'forbidden' });
    const resource = 'horizontalpodautoscalers';
    const lastSyncMs = expect.any(Number) as unknown;
    expect(watch.syncStates()).toEqual([
      { resource, namespace: 'shop', synced: true, lastSyncMs },
      { resource, namespace: 'blog', synced: false, lastSyncMs: undefined },
    ]);
    bench.server.hpas.mayRead = () => true;
    await waitFor(() => isSynced(watch));
    expect(bench.reported).toEqual(['shop/web: qps', 'blog/web: qps']);
  });
});
