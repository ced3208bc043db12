import { describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { activeResources } from '../kube-harness.ts';
import { path, useObjectWatch, dataOf, name } from '../watch-bench.ts';

const bench = useObjectWatch();

describe('a watched object', () => {
  it('is listed, then followed from the version of the list, with bookmarks and a limit in time', async () => {
    bench.put('1');
    const watch = bench.start();
    await bench.watching();
    expect(dataOf(watch.value)).toEqual({ version: '1' });
    expect(Object.fromEntries(bench.lastQuery())).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '101',
      timeoutSeconds: '450',
      fieldSelector: `metadata.name=${name}`,
    });
    bench.put('2');
    await bench.seen(watch, '2');
    bench.put('3');
    await bench.seen(watch, '3');
    expect(bench.values).toEqual([{ version: '1' }, { version: '2' }, { version: '3' }]);
    expect(bench.server.count('configmap.list')).toBe(1);
    expect(bench.around.observer.of('listed')).toEqual([{ path, objects: 1 }]);
  });

  it('hears of no other object', async () => {
    bench.put('1');
    const watch = bench.start();
    await bench.watching();
    bench.server.configMaps.put({ metadata: { name: 'another' }, data: { version: 'x' } });
    bench.put('2');
    await bench.seen(watch, '2');
    expect(bench.values).toEqual([{ version: '1' }, { version: '2' }]);
  });

  it('may come later, and is reported until then', async () => {
    const watch = bench.start();
    await bench.watching();
    expect(watch.value).toBeUndefined();
    expect(watch.healthy()).toBe(true);
    expect(bench.around.observer.of('objectAbsent')).toEqual([{ path, name, hadValue: false }]);
    bench.put('1');
    await bench.seen(watch, '1');
  });

  it('keeps its last value when it is deleted, reports it, and comes back', async () => {
    bench.put('1');
    const watch = bench.start();
    await bench.watching();
    bench.server.setAuthentication(undefined);
    await waitFor(() => bench.around.observer.of('objectAbsent').length > 0);
    expect(bench.around.observer.of('objectAbsent')).toEqual([{ path, name, hadValue: true }]);
    expect(dataOf(watch.value)).toEqual({ version: '1' });
    bench.put('2');
    await bench.seen(watch, '2');
  });
});

describe('a stop', () => {
  const stopped = async () => {
    const before = performance.now();
    bench.stop.abort();
    await bench.running;
    expect(performance.now() - before).toBeLessThan(200);
    bench.client.close();
    await waitFor(() => bench.server.openConnections === 0);
    await waitFor(() => activeResources() === 0, 1000, 'no timer and no socket left');
  };

  it('ends a watch at once', async () => {
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

  it('before the start does nothing', async () => {
    bench.stop.abort();
    bench.start();
    await bench.running;
    expect(bench.server.requests).toEqual([]);
  });
});
