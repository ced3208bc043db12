import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { accessKey, logstore, project, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { KedaClient, type ScaledObjectRef } from '../../support/keda-client.ts';
import { KedaLoop, type ScaledObjectSpec } from '../../support/keda-loop.ts';
import { TestClock } from '../../support/test-clock.ts';

const host = 'web.example.com';
/** One step is 5 s: polls and syncs fall on some of them. */
const stepSeconds = 5;

let clock: TestClock;
let emulator: Emulator;
let adapter: TestAdapter;
let client: KedaClient;

beforeEach(async () => {
  clock = new TestClock();
  // Requests are signed with the real time, and SLS accepts a difference of 15 minutes.
  clock.advance(-14 * 60_000);
  clock.advance(30_000 - (clock.nowMs % 30_000));
  emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey, clock });
  // Time moves in steps, so that no refresh meets a read: each read after 5 s queries SLS.
  const file = 'reading: { freshnessSeconds: 4, refreshesIn15Seconds: 0 }';
  adapter = await startAdapter(
    { slsEndpoint: emulator.url, kedaPort: '0', logLevel: 'fatal' },
    { clock },
    file,
  );
  client = new KedaClient(adapter.kedaUrl ?? '');
});
afterEach(async () => {
  client[Symbol.dispose]();
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

const ref: ScaledObjectRef = {
  name: 'web',
  namespace: 'shop',
  scalerMetadata: {
    'sls.project': project,
    'sls.logstore': logstore,
    'sls.ingress.host': host,
    'sls.query.max_retry': '0',
    target: '1',
  },
};

/** Lets time pass, with so many requests a second, and returns the replicas after each step that changed them. */
async function run(loop: KedaLoop, seconds: number, requestsPerSecond: number): Promise<readonly number[]> {
  const seen = [loop.replicas];
  for (let passed = 0; passed < seconds; passed += stepSeconds) {
    const from = clock.nowSeconds;
    const line = (second: number, fields: Readonly<Record<string, string>>) => ({
      timeSeconds: from + second,
      fields: { status: '200', ...fields },
    });
    const lines = Array.from({ length: stepSeconds }, (_, second) => [
      ...Array.from({ length: requestsPerSecond }, () =>
        line(second, {
          host,
          // Without a pod, the default backend answers.
          proxy_upstream_name: loop.replicas > 0 ? 'shop-web-80' : 'upstream-default-backend',
        }),
      ),
      // Another service has traffic all the time, so that the logstore is never silent.
      line(second, { host: 'other.example.com', proxy_upstream_name: 'shop-other-80' }),
    ]).flat();
    await emulator.sink(project, logstore).append(lines);
    clock.advance(stepSeconds * 1000);
    await loop.step(clock.nowSeconds);
    if (seen.at(-1) !== loop.replicas) seen.push(loop.replicas);
  }
  return seen;
}

const specWith = (more: Partial<ScaledObjectSpec>): ScaledObjectSpec => ({
  minReplicaCount: 0,
  maxReplicaCount: 10,
  target: 1,
  ...more,
});

describe('a ScaledObject', () => {
  it.each([false, true])(
    'goes 0 → 1 → 8 → 1 → 0 with the traffic (useCachedMetrics: %s)',
    async (useCachedMetrics) => {
      const loop = new KedaLoop(client, ref, specWith({ useCachedMetrics }));
      expect(await run(loop, 60, 0)).toEqual([0]);
      expect(await run(loop, 90, 1)).toEqual([0, 1]);
      expect((await run(loop, 120, 8)).at(-1)).toBe(8);
      // The HPA's own window for scaling down is 5 minutes.
      expect((await run(loop, 400, 1)).at(-1)).toBe(1);
      const down = await run(loop, 400, 0);
      expect(down).toEqual([1, 0]);
      expect(loop.errors).toEqual([]);
    },
  );

  it.each([
    [0, 3],
    [1, 3],
    [0, 0],
  ])(
    'with minReplicaCount %i stays at its replicas while SLS is down, with traffic of %i',
    async (minReplicaCount, traffic) => {
      const loop = new KedaLoop(client, ref, specWith({ minReplicaCount }));
      await run(loop, 150, traffic);
      expect(loop.replicas).toBe(traffic);
      emulator.setFaults({ status: 500, errorCode: 'InternalServerError', errorMessage: 'no' });
      expect(await run(loop, 600, 0)).toEqual([traffic]);
      expect(loop.errors.at(-1)).toMatch(/^SlsUnavailable: /);
      emulator.setFaults({});
      await run(loop, 150, traffic);
      expect(loop.replicas).toBe(traffic);
    },
  );

  it('takes its fallback once the scaler has failed more often than failureThreshold', async () => {
    const fallback = { failureThreshold: 3, replicas: 5 };
    const loop = new KedaLoop(client, ref, specWith({ minReplicaCount: 1, fallback }));
    await run(loop, 90, 1);
    emulator.setFaults({ status: 500, errorCode: 'InternalServerError', errorMessage: 'no' });
    expect(await run(loop, 180, 1)).toEqual([1, 4, 5]);
  });
});

it('a push wakes the workload before the poll', async () => {
  // No poll falls into the next minute.
  clock.advance(300_000 - (clock.nowMs % 300_000));
  const loop = new KedaLoop(client, ref, specWith({ pollingInterval: 300 }));
  await run(loop, 30, 0);
  await run(loop, 30, 2);
  expect(loop.replicas).toBe(0);
  const stream = client.stream('StreamIsActive', ref);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  stream.on('data', ({ result }: { result: boolean }) => resolve(result)).on('error', () => undefined);
  expect(await promise).toBe(true);
  loop.push(clock.nowSeconds);
  expect(loop.replicas).toBe(1);
  stream.cancel();
});
