import { setTimeout as sleep } from 'node:timers/promises';

/** Ends a hang. It is long because it must never end a wait on a slow or busy machine. */
const hangMs = 60_000;

/**
 * Polls the condition and resolves with its first value that is neither undefined nor false.
 *
 * @param what what is waited for, for the error message
 * @throws Error after `timeoutMs`
 */
export async function waitFor<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  what = condition.toString(),
  timeoutMs = hangMs,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`timed out after ${timeoutMs} ms: ${what}`);
    await sleep(5);
  }
}
