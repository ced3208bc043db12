import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves with the condition's first value that is neither undefined nor false.
 *
 * @throws Error after `timeoutMs`, naming what was waited for.
 */
export async function waitFor<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 5000,
  what = condition.toString(),
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(5);
  }
}
