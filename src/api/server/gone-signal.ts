import type { FastifyReply } from 'fastify';

/**
 * Aborted when whoever asked has gone before the answer was written. Made only where something waits: to abort costs
 * as much as to answer from memory.
 */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const onClose = () => {
    if (!raw.writableEnded) gone.abort();
  };
  raw.on('close', onClose);
  if (hasClosed(raw)) onClose();
  return gone.signal;
}

/** Whether `close` has been told already. On HTTP/2 the response does not say so itself, its stream does. */
export function hasClosed(raw: FastifyReply['raw']): boolean {
  const { stream } = raw as { readonly stream?: { readonly destroyed: boolean } };
  return raw.destroyed || stream?.destroyed === true;
}
