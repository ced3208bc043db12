import Fastify, { type FastifyInstance } from 'fastify';
import { AdapterError, toAdapterError } from '../../errors.ts';
import { sendError } from '../read/encoding.ts';
import { noSchemas } from './no-schemas.ts';
import type { RegisterGet } from './route.ts';

/** Nobody holds up the end: what is told here is not worth waiting for. */
const options = {
  forceCloseConnections: true,
  return503OnClosing: false,
  schemaController: noSchemas,
} as const;

/**
 * Plain HTTP for whoever reaches it: nobody is told apart, so nothing that may not be seen belongs here. Listening is
 * the caller's.
 *
 * @param register adds what is served
 */
export function createTelemetryServer(register: (get: RegisterGet) => void): FastifyInstance {
  const app = Fastify(options);
  register((url, handler) => app.get(url, handler));
  app.setNotFoundHandler((request, reply) =>
    sendError(request, reply, new AdapterError('PathUnknown', `nothing is served at ${request.url} here`)),
  );
  app.setErrorHandler((thrown, request, reply) => sendError(request, reply, toAdapterError(thrown)));
  return app;
}
