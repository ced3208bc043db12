import { setTimeout as sleep } from 'node:timers/promises';
import type { FrontProxy } from './front-proxy.ts';
import { decodeReading, type WireReading } from './reading-wire.ts';

/** How often an HPA is looked at. Source: kube-controller-manager, --horizontal-pod-autoscaler-sync-period. */
export const syncSeconds = 15;

/** One read of the controller. */
export interface SyncRead {
  /** Of its path in the list. */
  readonly index: number;
  /** Unix time at which it was sent. */
  readonly sentMs: number;
  /** How much later than its time that was: the load generator's own fault. */
  readonly lagMs: number;
  readonly tookMs: number;
  readonly answer: WireReading | { readonly failure: string };
}

export interface SyncOptions {
  readonly frontProxy: FrontProxy;
  /** Each is read once in 15 s, evenly spread, in their order. */
  readonly paths: readonly string[];
  /** How often each is read. */
  readonly passes: number;
  /** So many are under way at a time, and the next waits: workers of the controller. Default: as many as there are. */
  readonly mostAtOnce?: number;
  /** Called as each pass begins, and when the time of the last is over. */
  readonly onPass?: (pass: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads as the HPA controller does: each at its time, whether or not earlier ones are answered, unless so many are
 * under way that it waits for a worker.
 *
 * @returns by pass, in the order in which they were sent
 */
export async function readInSync(options: SyncOptions): Promise<SyncRead[][]> {
  const { frontProxy, paths, passes, mostAtOnce = Infinity, onPass, signal } = options;
  const startMs = performance.now();
  const gapMs = (syncSeconds * 1000) / paths.length;
  const started: Promise<SyncRead[]>[] = [];
  const underWay = new Set<Promise<SyncRead>>();
  for (let pass = 0; pass < passes; pass += 1) {
    onPass?.(pass);
    const reads: Promise<SyncRead>[] = [];
    for (let index = 0; index < paths.length; index += 1) {
      const dueMs = startMs + (pass * paths.length + index) * gapMs;
      await until(dueMs, signal);
      while (underWay.size >= mostAtOnce) await Promise.race(underWay);
      const read = readOnce(frontProxy, paths[index] ?? '', index, performance.now() - dueMs);
      underWay.add(read);
      void read.then(() => underWay.delete(read));
      reads.push(read);
    }
    started.push(Promise.all(reads));
  }
  await until(startMs + passes * syncSeconds * 1000, signal);
  onPass?.(passes);
  return Promise.all(started);
}

/** A read that is sent later than that is so by the load generator's own fault; its timers count whole milliseconds. */
const mostLagMs = 3;

/**
 * The reads that the load generator did not hold up itself. What it does besides, as a garbage collection of 20 ms,
 * shows in reads that it sends late; those that were under way meanwhile took as long, whatever the server did.
 *
 * @param reads in the order in which they were sent
 */
export function undisturbed(reads: readonly SyncRead[]): SyncRead[] {
  const stalls: { readonly fromMs: number; readonly toMs: number }[] = [];
  let beforeMs = -Infinity;
  for (const { sentMs, lagMs } of reads) {
    if (lagMs > mostLagMs) stalls.push({ fromMs: beforeMs, toMs: sentMs });
    beforeMs = sentMs;
  }
  let next = 0;
  return reads.filter(({ sentMs, tookMs }) => {
    while ((stalls[next]?.toMs ?? Infinity) < sentMs) next += 1;
    return (stalls[next]?.fromMs ?? Infinity) > sentMs + tookMs;
  });
}

/** A timer may fire a moment early. */
async function until(dueMs: number, signal: AbortSignal): Promise<void> {
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
    const answer = status === 200 ? decodeReading(body) : { failure: `${status} ${printable(body)}` };
    return { index, sentMs, lagMs, tookMs, answer };
  } catch (error) {
    return { index, sentMs, lagMs, tookMs: performance.now() - startMs, answer: { failure: String(error) } };
  }
}

/** A Status in protobuf is mostly text. */
const printable = (body: Buffer) => body.toString('latin1').replace(/[^\x20-\x7e]+/g, ' ');
