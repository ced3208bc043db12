import { AdapterError } from '../errors.ts';

export const canceled = (signal: AbortSignal) =>
  new AdapterError('Canceled', 'the query was canceled', { cause: signal.reason });

/**
 * Waits for work that may ignore the signal: ends with the work or with the signal, whichever comes first.
 *
 * @throws AdapterError `Canceled` once the signal is aborted
 */
export async function untilCanceled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(canceled(signal));
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
