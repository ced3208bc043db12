import { AdapterError } from '../errors.ts';

export const canceled = (signal: AbortSignal) =>
  new AdapterError('Canceled', 'the query was canceled', { cause: signal.reason });

/**
 * The work's own end, or the signal's, whichever comes first; for work that may not heed the signal.
 *
 * @throws AdapterError `Canceled` once the signal is aborted
 */
export async function untilCanceled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const gone = Promise.withResolvers<never>();
  const onAbort = () => gone.reject(canceled(signal));
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, gone.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
