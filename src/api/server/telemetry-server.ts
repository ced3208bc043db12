import Fastify, { type FastifyInstance } from 'fastify';
import { AdapterError, toAdapterError } from '../../errors.ts';
import { sendError } from '../read/representation.ts';
import type { RegisterGet } from './server.ts';

/**
 * Creates a server over plain HTTP without authentication, so it must serve nothing confidential. The caller listens.
 *
 * @param register adds what is served
 */
export function createTelemetryServer(register: (get: RegisterGet) => void): FastifyInstance {
  // A response of this server is not worth a wait at the end.
  const app = Fastify({ forceCloseConnections: true, return503OnClosing: false });
  register((url, handler) => app.get(url, handler));
  app.setNotFoundHandler((request, reply) =>
    sendError(request, reply, new AdapterError('PathUnknown', `nothing is served at ${request.url} here`)),
  );
  app.setErrorHandler((thrown, request, reply) => sendError(request, reply, toAdapterError(thrown)));
  return app;
}
