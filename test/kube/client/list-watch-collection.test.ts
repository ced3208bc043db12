import { beforeEach, describe, expect, it } from 'vitest';
import { autoscalerCollection } from '../../../src/kube/autoscalers/autoscaler-collection.ts';
import type { KubeObject } from '../../../src/kube/client/kube-object.ts';
import {
  ListWatch,
  type ListWatchHandlers,
  type ListWatchSettings,
} from '../../../src/kube/client/list-watch.ts';
import { waitFor } from '../../support/wait-for.ts';
import { activeResources, fastWatch } from '../kube-harness.ts';
import { useWatchedConfigMap } from '../watch-bench.ts';
import { expectWithin, tookMs } from '../../support/own-time.ts';

const bench = useWatchedConfigMap();

describe('a watched collection', () => {
  const hpa = (name: string) => ({ metadata: { name, namespace: 'shop' } });
  const nameIn = (object: KubeObject) => (object['metadata'] as { name: string }).name;
  const known = new Set<string>();
  const handlers = {
    replaced: (names: readonly string[]) => {
      known.clear();
      for (const one of names) known.add(one);
    },
    applied: (one: string) => known.add(one),
    deleted: (one: string) => known.delete(one),
  };
  const holds = (...names: string[]) => waitFor(() => [...known].sort().join() === names.join());

  function start(
    settings: Partial<ListWatchSettings> = {},
    more: Partial<ListWatchHandlers<string>> = {},
    fieldSelector = '',
  ) {
    known.clear();
    const collection = {
      ...autoscalerCollection(bench.client, 'v2', undefined),
      keep: nameIn,
      ...(fieldSelector && { fieldSelector }),
    };
    const all = { ...handlers, ...more };
    const watch = new ListWatch(
      collection,
      all,
      { ...fastWatch, ...settings },
      { ...bench.dependencies, client: bench.client },
    );
    const running = watch.run(bench.stop.signal);
    bench.running = running;
    return running;
  }

  it('stays complete: added, modified, deleted and missed objects', async () => {
    const { hpas } = bench.server;
    hpas.put(hpa('a'));
    hpas.put(hpa('b'));
    void start();
    await holds('a', 'b');
    await waitFor(() => hpas.openWatches === 1);
    hpas.put(hpa('c'));
    hpas.delete('a');
    await holds('b', 'c');
    hpas.silent = true;
    hpas.delete('b');
    hpas.put(hpa('d'));
    hpas.silent = false;
    hpas.expire('status');
    await holds('c', 'd');
  });

  it('is listed page by page, and watched from the version of the first page', async () => {
    const { hpas } = bench.server;
    for (const name of ['a', 'b', 'c', 'd', 'e']) hpas.put(hpa(name));
    void start({ pageSize: 2 });
    await holds('a', 'b', 'c', 'd', 'e');
    await waitFor(() => hpas.openWatches === 1);
    expect(bench.server.count('hpa.list')).toBe(3);
    expect(bench.lastQuery().get('resourceVersion')).toBe('105');
    expect(bench.dependencies.observer.of('listed')).toMatchObject([{ objects: 5 }]);
  });

  it('is listed in smaller pages while a page has more than 1 MiB', async () => {
    const { hpas } = bench.server;
    const great = ['a', 'b', 'c'];
    const small = Array.from({ length: 20 }, (_, index) => `small-${String(index).padStart(2, '0')}`);
    for (const name of great) hpas.put({ ...hpa(name), padding: 'x'.repeat(0.4 * 1024 * 1024) });
    for (const name of small) hpas.put(hpa(name));
    void start({ pageSize: 16 });
    await holds(...great, ...small);
    const limits = bench.server.requests
      .filter(({ endpoint }) => endpoint === 'hpa.list')
      .map(({ url }) => new URL(url, 'https://x').searchParams.get('limit'));
    expect(limits).toEqual(['16', '2', '4', '8', '16']);
  });

  it('is listed with an object of 9 MiB, which etcd has as 1.5 MiB', async () => {
    const { hpas } = bench.server;
    for (const name of ['a', 'b']) hpas.put({ ...hpa(name), padding: '\u0001'.repeat(1.5 * 1024 * 1024) });
    void start({ pageSize: 16 });
    await holds('a', 'b');
  });

  it('fails if one object has more values than etcd can store, which would fill the memory', async () => {
    const { hpas } = bench.server;
    hpas.put({ ...hpa('a'), padding: Array<object>(500_000).fill({}) });
    void start({ pageSize: 16 });
    await waitFor(() => bench.ends().length > 0);
    expect(bench.ends()[0]).toMatchObject({
      reason: 'failed',
      message: 'GET /apis/autoscaling/v2/horizontalpodautoscalers answered too many values',
    });
  });

  it('fails if its pages have no end, which would fill the memory', async () => {
    const { hpas } = bench.server;
    const items = Array.from({ length: 30_000 }, () => ({ metadata: { name: 'a' } }));
    hpas.list = () => ({ metadata: { resourceVersion: '7', continue: 'more' }, items });
    void start();
    await waitFor(() => bench.ends().length > 0);
    expect(bench.ends()[0]).toMatchObject({
      reason: 'failed',
      message: 'GET /apis/autoscaling/v2/horizontalpodautoscalers answered more than 100000 objects or pages',
    });
    expect(bench.server.count('hpa.list')).toBe(4);
  });

  it('fails if a list of one name has more objects', async () => {
    const { hpas } = bench.server;
    hpas.list = () => ({ metadata: { resourceVersion: '7', continue: 'more' }, items: [hpa('a')] });
    void start({}, {}, 'metadata.name=a');
    await waitFor(() => bench.ends().length > 0);
    expect(bench.ends()[0]).toMatchObject({
      message: 'GET /apis/autoscaling/v2/horizontalpodautoscalers answered more than 1 objects or pages',
    });
  });

  it('is listed again if the next page has expired, and an incomplete list is not reported', async () => {
    const { hpas } = bench.server;
    for (const name of ['a', 'b', 'c']) hpas.put(hpa(name));
    const lists: (readonly string[])[] = [];
    const keep = (object: KubeObject) => {
      // Runs while the first page is read.
      if (nameIn(object) === 'a' && bench.server.count('hpa.list') === 1) hpas.expire('status');
      return nameIn(object);
    };
    const replaced = (names: readonly string[]) => void lists.push(names);
    const watch = new ListWatch(
      { ...autoscalerCollection(bench.client, 'v2', undefined), keep },
      { ...handlers, replaced },
      { ...fastWatch, pageSize: 2 },
      { ...bench.dependencies, client: bench.client },
    );
    bench.running = watch.run(bench.stop.signal);
    await waitFor(() => hpas.openWatches === 1);
    expect(lists).toEqual([['a', 'b', 'c']]);
    expect(bench.server.count('hpa.list')).toBe(4);
    expect(bench.ends()).toMatchObject([{ reason: 'expired' }]);
  });

  it('ends with the error that endsRun chooses, and reports no retry', async () => {
    bench.server.fail('hpa.list', { kind: 'status', code: 500 }, 2);
    bench.server.hpas.mayRead = (verb) => verb === 'list';
    let watching = 0;
    const running = start(
      {},
      { endsRun: ({ statusCode }) => statusCode === 403, watching: () => watching++ },
    );
    await expect(running).resolves.toMatchObject({ name: 'KubeError', statusCode: 403 });
    expect(bench.ends()).toHaveLength(2);
    expect(watching).toBe(0);
    expect(bench.server.count('hpa.watch')).toBe(1);
  });

  it('calls watching after each list and before any change', async () => {
    const { hpas } = bench.server;
    const steps: string[] = [];
    hpas.put(hpa('a'));
    const running = start(
      {},
      {
        replaced: (names) => void steps.push(`list ${names.join()}`),
        watching: () => void steps.push('watching'),
        applied: (one) => void steps.push(one),
      },
    );
    await waitFor(() => hpas.openWatches === 1);
    hpas.put(hpa('b'));
    await waitFor(() => steps.length === 3);
    hpas.expire('status');
    await waitFor(() => steps.length === 5);
    expect(steps).toEqual(['list a', 'watching', 'b', 'list a,b', 'watching']);
    bench.stop.abort();
    await expect(running).resolves.toBeUndefined();
  });
});

describe('the stop of a watch', () => {
  // Other test files run in this process too.
  let resourcesBefore = 0;
  beforeEach(() => {
    resourcesBefore = activeResources();
  });

  const stopped = async () => {
    bench.stop.abort();
    expectWithin(await tookMs(async () => bench.running), 1000);
    bench.client.close();
    await waitFor(() => bench.server.openConnections === 0);
    await waitFor(() => activeResources() <= resourcesBefore, 'no timer and no socket left');
  };

  it('ends an open watch at once', async () => {
    bench.put('1');
    bench.start();
    await bench.watching();
    await stopped();
  });

  it('ends a list that hangs', async () => {
    bench.server.fail('configmap.list', { kind: 'hang' });
    bench.start();
    await waitFor(() => bench.server.count('configmap.list') === 1);
    await stopped();
  });

  it('ends a watch that hangs before its first byte', async () => {
    bench.server.fail('configmap.watch', { kind: 'hang' });
    bench.start();
    await waitFor(() => bench.server.count('configmap.watch') === 1);
    await stopped();
  });

  it('ends a pause', async () => {
    bench.server.fail('configmap.list', { kind: 'status', code: 500 });
    bench.start({ firstPauseMs: 60_000, longestPauseMs: 60_000 });
    await waitFor(() => bench.ends().length === 1);
    await stopped();
  });

  it('before the start sends no request', async () => {
    bench.stop.abort();
    bench.start();
    await bench.running;
    expect(bench.server.requests).toEqual([]);
  });
});
