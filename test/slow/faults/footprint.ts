import { setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AdapterError } from '../../../src/errors.ts';

/** What the process holds on its heap. */
export interface Footprint {
  readonly heapMb: number;
  /** Live objects by class: those of which each read, query or failure makes some. */
  readonly promises: number;
  readonly signals: number;
  readonly errors: number;
}

/** After a full collection. */
export async function footprint(): Promise<Footprint> {
  v8.setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // What finalizers let go is collected the next time.
  await sleep(10);
  collect();
  const live = (kind: Parameters<typeof v8.queryObjects>[0]) => v8.queryObjects(kind, { format: 'count' });
  return {
    heapMb: process.memoryUsage().heapUsed / 1e6,
    promises: live(Promise),
    signals: live(AbortSignal),
    errors: live(AdapterError),
  };
}

/** Ends of connections that are open in this process. */
export const socketEnds = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
