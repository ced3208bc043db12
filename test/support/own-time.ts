import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect } from 'vitest';
import { processorWaitMs } from '../../bench/support/processor-wait.ts';

/** Returns how much processor time this thread used. Other work on the machine does not lengthen it. */
export function processorMs(act: () => void): number {
  const before = process.threadCpuUsage();
  act();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Returns a function that returns the time since then, less that in which threads of this process waited for a processor. */
export function startTimer(): () => number {
  const ownMs = () => performance.now() - processorWaitMs([process.pid]);
  const startMs = ownMs();
  return () => ownMs() - startMs;
}

/** Returns how long it took by `startTimer`. */
export async function tookMs(act: () => Promise<unknown>): Promise<number> {
  const elapsedMs = startTimer();
  await act();
  return elapsedMs();
}

/** Returns a function that returns how late a timer of this process was at most since then, in ms. */
export function watchStalls(): () => number {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  return () => {
    delays.disable();
    return delays.max / 1e6;
  };
}

/** Expects a time below its limit. If it is not, vitest.config.ts runs the test again: the machine may have been busy. */
export function expectWithin(ms: number, maxMs: number, details = ''): void {
  expect(ms, `too slow: ${details}`).toBeLessThan(maxMs);
}
