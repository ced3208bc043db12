import type { FastifyInstance } from 'fastify';
import { toListenError } from '../errors.ts';

/**
 * Returns the URL.
 *
 * @throws AdapterError `AddressInUse`, `AddressUnusable`
 */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    throw toListenError(cause, `${host}:${port}`);
  }
}
