import { describe, expect, it } from 'vitest';
import { expectWithin, watchStalls } from '../../support/own-time.ts';
import { waitFor } from '../../support/wait-for.ts';
import { configMapsPath as path, testDependencies } from '../kube-harness.ts';
import { dataOf, name, useWatchedConfigMap } from '../watch-bench.ts';

const bench = useWatchedConfigMap();

it('a list is followed by a watch from its version, with bookmarks and a time limit', async () => {
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
  expect(bench.dependencies.observer.of('listed')).toEqual([{ path, objects: 1 }]);
});

describe('a watch that ends', () => {
  it('resumes from its last version when the server closes it', async () => {
    bench.put('1');
    const watch = bench.start();
    await bench.watching();
    bench.put('2');
    await bench.seen(watch, '2');
    bench.server.configMaps.closeWatches();
    await waitFor(() => bench.server.count('configmap.watch') === 2);
    expect(bench.lastQuery().get('resourceVersion')).toBe('102');
    bench.put('3');
    await bench.seen(watch, '3');
    expect(bench.server.count('configmap.list')).toBe(1);
    expect(bench.ends()[0]).toMatchObject({ path, reason: 'closed' });
  });

  it('resumes from a bookmark', async () => {
    bench.put('1');
    bench.start();
    await bench.watching();
    bench.server.configMaps.sendBookmark();
    bench.server.configMaps.closeWatches();
    await waitFor(() => bench.server.count('configmap.watch') === 2);
    expect(bench.lastQuery().get('resourceVersion')).toBe('102');
    expect(bench.values).toEqual([{ version: '1' }]);
  });

  it('receives what it missed when the connection breaks', async () => {
    bench.put('1');
    const watch = bench.start();
    await bench.watching();
    bench.server.configMaps.cutWatches();
    bench.put('2');
    await bench.seen(watch, '2');
    expect(bench.ends()[0]).toMatchObject({ reason: 'failed' });
    expect(bench.server.count('configmap.list')).toBe(1);
  });

  it('counts as dead after the silence, and is opened again', async () => {
    bench.put('1');
    const watch = bench.start({ silenceMs: 60 });
    await bench.watching();
    bench.server.configMaps.silent = true;
    bench.put('2');
    await waitFor(() => bench.ends().some(({ reason }) => reason === 'silent'));
    expect(bench.ends()[0]?.message).toBe('the watch was silent for 0.06 s');
    bench.server.configMaps.silent = false;
    await bench.seen(watch, '2');
    await waitFor(() => bench.server.configMaps.openWatches <= 1);
  });

  it('stays open as long as bookmarks come', async () => {
    bench.put('1');
    const stallMs = watchStalls();
    bench.start({ silenceMs: 400 });
    await bench.watching();
    const beganMs = performance.now();
    await waitFor(() => {
      bench.server.configMaps.sendBookmark();
      return performance.now() - beganMs > 700;
    });
    // After such a stall the bookmarks that came were not read yet.
    expectWithin(stallMs(), 200, 'the process got no processor');
    expect(bench.ends()).toEqual([]);
  });

  it.each(['event', 'status'] as const)('is followed by a new list after 410 as %s', async (as) => {
    bench.put('1');
    const watch = bench.start();
    await bench.watching();
    bench.server.configMaps.silent = true;
    bench.put('2');
    bench.server.configMaps.silent = false;
    bench.server.configMaps.expire(as);
    await bench.seen(watch, '2');
    await bench.watching();
    expect(bench.ends().some(({ reason }) => reason === 'expired')).toBe(true);
    expect(bench.server.count('configmap.list')).toBe(2);
  });

  it.each([
    'this is not JSON\n',
    '{"type":"NEW","object":{}}\n',
    '{"type":"MODIFIED","object":{"metadata":{}}}\n',
    '[]\n',
  ])('is followed by a new list after the line %j', async (line) => {
    bench.put('1');
    const watch = bench.start();
    await bench.watching();
    bench.server.configMaps.sendRaw(line);
    await waitFor(() => bench.server.count('configmap.list') === 2);
    await bench.watching();
    bench.put('2');
    await bench.seen(watch, '2');
    expect(bench.ends()[0]).toMatchObject({ reason: 'failed' });
  });

  it('reads an event whose bytes come in two pieces, split inside a character', async () => {
    bench.put('1');
    const watch = bench.start();
    await bench.watching();
    const event = {
      type: 'MODIFIED',
      object: { metadata: { name, resourceVersion: '500' }, data: { version: 'é' } },
    };
    const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
    const cut = bytes.indexOf('é') + 1;
    bench.server.configMaps.sendRaw(bytes.subarray(0, cut));
    await waitFor(async () => (await new Promise((resolve) => setImmediate(resolve)), true));
    bench.server.configMaps.sendRaw(bytes.subarray(cut));
    await bench.seen(watch, 'é');
  });

  it('is followed by a new list after an ERROR event of another kind', async () => {
    bench.put('1');
    bench.start();
    await bench.watching();
    bench.server.configMaps.sendError(500, 'InternalError', 'etcd is away');
    await waitFor(() => bench.server.count('configmap.list') === 2);
    expect(bench.ends()[0]).toMatchObject({
      reason: 'failed',
      message: `the watch of ${path} answered 500: etcd is away`,
    });
  });

  it('is opened again after longer and longer pauses, up to a limit, if the server closes it at once', async () => {
    bench.put('1');
    bench.start({ firstPauseMs: 2, longestPauseMs: 16 });
    await waitFor(() => {
      bench.server.configMaps.closeWatches();
      return bench.ends().length >= 6;
    });
    expect(
      bench
        .ends()
        .map(({ retryInMs }) => retryInMs)
        .slice(0, 6),
    ).toEqual([1, 2, 4, 8, 8, 8]);
  });

  it('is opened again after the first pause once an event has come', async () => {
    bench.put('1');
    bench.server.fail('configmap.list', { kind: 'status', code: 500 }, 4);
    const watch = bench.start({ firstPauseMs: 2, longestPauseMs: 16 });
    await bench.watching();
    bench.put('2');
    await bench.seen(watch, '2');
    bench.server.configMaps.cutWatches();
    await waitFor(() => bench.ends().length === 5);
    expect(bench.ends().map(({ retryInMs }) => retryInMs)).toEqual([1, 2, 4, 8, 1]);
  });
});

describe('a watched object while the API server is away', () => {
  it('says why it is not ready, and is loaded when the server comes up', async () => {
    bench.put('1');
    await bench.server.goDown();
    const watch = bench.start();
    await waitFor(() => bench.ends().length >= 3);
    expect(watch.healthy()).toBe(false);
    expect(watch.lastSyncMs).toBeUndefined();
    expect(watch.problem()).toContain('ECONNREFUSED');
    await bench.server.comeUp();
    await bench.seen(watch, '1');
    expect(watch.healthy()).toBe(true);
  });

  it('keeps its value, and is updated afterwards', async () => {
    bench.put('1');
    const watch = bench.start();
    await bench.watching();
    await bench.server.goDown();
    await waitFor(() => bench.ends().length >= 3);
    expect(dataOf(watch.value)).toEqual({ version: '1' });
    bench.put('2');
    await bench.server.comeUp();
    await bench.seen(watch, '2');
  });

  it('is requested again after 5xx, 429, a hang, a cut and garbage', async () => {
    bench.put('1');
    bench.server.fail('configmap.list', { kind: 'status', code: 500 }, 1);
    const watch = bench.start({ callTimeoutMs: 50 });
    await bench.seen(watch, '1');
    for (const failure of [
      { kind: 'status', code: 429 },
      { kind: 'status', code: 503 },
      { kind: 'hang' },
      { kind: 'cut' },
      { kind: 'garbage' },
    ] as const) {
      await bench.watching();
      bench.server.fail('configmap.watch', failure, 1);
      bench.server.configMaps.closeWatches();
      const before = bench.server.count('configmap.watch');
      await waitFor(() => bench.server.count('configmap.watch') >= before + 2);
    }
    await bench.watching();
  });

  it('reports missing rights, and is loaded when they are granted', async () => {
    bench.put('1');
    bench.server.fail('configmap.list', { kind: 'status', code: 403, message: 'configmaps is forbidden' });
    const watch = bench.start();
    await waitFor(() => bench.ends().length >= 2);
    expect(watch.problem()).toContain('configmaps is forbidden');
    bench.server.recover('configmap.list');
    await bench.seen(watch, '1');
  });

  it('is unhealthy when the last word of the server is too old', async () => {
    let nowMs = 1000;
    const clock = { now: () => 1_800_000_000_000 };
    bench.dependencies = testDependencies({ clock, monotonicMs: () => nowMs });
    const watch = bench.start({ silenceMs: 1000, longestPauseMs: 100, callTimeoutMs: 100 });
    await bench.watching();
    expect(watch.lastSyncMs).toBe(1_800_000_000_000);
    nowMs += 1400;
    expect(watch.healthy()).toBe(true);
    nowMs += 1;
    expect(watch.problem()).toContain('is 1 s old');
  });
});
