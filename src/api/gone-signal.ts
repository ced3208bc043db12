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
  if (raw.destroyed) onClose();
  return gone.signal;
}
