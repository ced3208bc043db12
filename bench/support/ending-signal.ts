import process from 'node:process';

/** Returns a signal aborted by SIGINT, SIGTERM or the time limit. A second SIGINT or SIGTERM has its default effect. */
export function endingSignal(afterSeconds: number): AbortSignal {
  const ending = new AbortController();
  const timer = setTimeout(
    () => ending.abort(new Error(`not finished within ${afterSeconds} s`)),
    afterSeconds * 1000,
  );
  timer.unref();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  }
  return ending.signal;
}
