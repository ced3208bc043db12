import process from 'node:process';

/** Aborted by SIGINT or SIGTERM, or after so many seconds. A second signal ends the process as it would have. */
export function endingSignal(afterSeconds: number): AbortSignal {
  const ending = new AbortController();
  const timer = setTimeout(
    () => ending.abort(new Error(`not done within ${afterSeconds} s`)),
    afterSeconds * 1000,
  );
  timer.unref();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  }
  return ending.signal;
}
