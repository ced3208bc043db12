import { setTimeout as sleep } from 'node:timers/promises';
import type { FrontProxy } from './front-proxy.ts';
import { decodeReading, printable, type WireReading } from './reading-wire.ts';

/** Sync period of the HPA controller. Source: kube-controller-manager, --horizontal-pod-autoscaler-sync-period. */
export const syncSeconds = 15;

/** A read by the HPA controller. */
export interface SyncRead {
  /** Index of the path in `paths`. */
  readonly index: number;
  /** Unix time at which it was sent. */
  readonly sentMs: number;
  /** How late the load generator sent the read. */
  readonly lagMs: number;
  readonly tookMs: number;
  readonly result: WireReading | { readonly failure: string };
}

interface SyncOptions {
  readonly frontProxy: FrontProxy;
  /** Each path is read once every 15 s. The reads are spread over so many moments, in this order. */
  readonly paths: readonly string[];
  /** How many moments of a pass have reads. Default: one for each path, evenly spread. */
  readonly phases?: number;
  /** How often each path is read, or whether another pass follows after so many. */
  readonly passes: number | ((done: number) => boolean);
  /** The number of the controller's workers: further reads wait. Default: unlimited. */
  readonly maxInFlight?: number;
  /** Called at the start of each pass and at the end of the last one. */
  readonly onPass?: (pass: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads as the HPA controller does. Each read is sent at its due time, even if earlier ones are pending, unless all
 * workers are busy.
 *
 * @returns the reads of each pass, in the order in which they were sent
 */
export async function readInSync(options: SyncOptions): Promise<SyncRead[][]> {
  const {
    frontProxy,
    paths,
    phases = paths.length,
    passes,
    maxInFlight = Infinity,
    onPass,
    signal,
  } = options;
  const goesOn = typeof passes === 'number' ? (done: number) => done < passes : passes;
  const startMs = performance.now();
  const passMs = syncSeconds * 1000;
  const started: Promise<SyncRead[]>[] = [];
  const inFlight = new Set<Promise<SyncRead>>();
  let pass = 0;
  for (; goesOn(pass); pass += 1) {
    onPass?.(pass);
    const reads: Promise<SyncRead>[] = [];
    for (let index = 0; index < paths.length; index += 1) {
      const phase = Math.floor((index * phases) / paths.length) / phases;
      const dueMs = startMs + (pass + phase) * passMs;
      await sleepUntil(dueMs, signal);
      while (inFlight.size >= maxInFlight) await Promise.race(inFlight);
      const read = readOnce(frontProxy, paths[index] ?? '', index, performance.now() - dueMs);
      inFlight.add(read);
      void read.then(() => inFlight.delete(read));
      reads.push(read);
    }
    started.push(Promise.all(reads));
  }
  await sleepUntil(startMs + pass * passMs, signal);
  onPass?.(pass);
  return Promise.all(started);
}

/** A read sent later than this shows a stall of the load generator. Its timers have a resolution of 1 ms. */
const maxLagMs = 3;

/**
 * Returns the reads that no stall of the load generator affected. A stall, such as a garbage collection of 20 ms, shows
 * in reads that are sent late. Reads in flight during the stall seem to take that long, whatever the server does.
 *
 * @param reads in the order in which they were sent
 */
export function withoutStalledReads(reads: readonly SyncRead[]): SyncRead[] {
  const stalls: { readonly fromMs: number; readonly toMs: number }[] = [];
  let beforeMs = -Infinity;
  for (const { sentMs, lagMs } of reads) {
    if (lagMs > maxLagMs) stalls.push({ fromMs: beforeMs, toMs: sentMs });
    beforeMs = sentMs;
  }
  let next = 0;
  return reads.filter(({ sentMs, tookMs }) => {
    while ((stalls[next]?.toMs ?? Infinity) < sentMs) next += 1;
    return (stalls[next]?.fromMs ?? Infinity) > sentMs + tookMs;
  });
}

/** Repeats the sleep, since a timer may fire a moment early. */
async function sleepUntil(dueMs: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = dueMs - performance.now(); leftMs > 0; leftMs = dueMs - performance.now()) {
    await sleep(leftMs, undefined, { signal });
  }
}

async function readOnce(
  frontProxy: FrontProxy,
  path: string,
  index: number,
  lagMs: number,
): Promise<SyncRead> {
  const sentMs = Date.now();
  const startMs = performance.now();
  try {
    const { status, body, tookMs } = await frontProxy.get(path);
    const result = status === 200 ? decodeReading(body) : { failure: `${status} ${printable(body)}` };
    return { index, sentMs, lagMs, tookMs, result };
  } catch (error) {
    return { index, sentMs, lagMs, tookMs: performance.now() - startMs, result: { failure: String(error) } };
  }
}
