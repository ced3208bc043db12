import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls the condition and resolves with its first value that is neither undefined nor false.
 *
 * @param what what is waited for, for the error message
 * @throws Error after `timeoutMs`
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
    if (performance.now() > deadline) throw new Error(`timed out after ${timeoutMs} ms: ${what}`);
    await sleep(5);
  }
}
