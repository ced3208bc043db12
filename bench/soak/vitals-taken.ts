import { setTimeout as sleep } from 'node:timers/promises';
import type { Vitals } from './messages.ts';

const takes = 3;
const pauseMs = 200;

/** Each the least of several: whatever is under way comes on top for a moment. */
export async function leastVitals(take: () => Promise<Vitals>, signal: AbortSignal): Promise<Vitals> {
  let least = await take();
  for (let taken = 1; taken < takes; taken += 1) {
    await sleep(pauseMs, undefined, { signal });
    const next = await take();
    const names = Object.keys(least) as (keyof Vitals)[];
    least = Object.fromEntries(
      names.map((name) => [name, Math.min(least[name], next[name])]),
    ) as unknown as Vitals;
  }
  return least;
}
