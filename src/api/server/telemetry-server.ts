import { createServer as createHttpServer } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { AdapterError, toAdapterError } from '../../errors.ts';
import { sendError } from '../read/representation.ts';
import { Admission } from './admission.ts';
import { isInsideHost } from './allowed-hosts.ts';
import { Connections, type ConnectionObserver } from './connections.ts';
import { useAdmission, type RegisterGet } from './server.ts';
import { headersTimeoutMs, keepAliveTimeoutMs, requestTimeoutMs } from './tls-server.ts';

/** A few scrapers and browsers. */
const maxConnections = 256;
const maxRequests = 32;

/**
 * Creates a server over plain HTTP without authentication, so it must serve nothing confidential. The caller listens.
 *
 * @param register adds what is served
 */
export function createTelemetryServer(
  register: (get: RegisterGet) => void,
  observer?: ConnectionObserver,
): FastifyInstance {
  const connections = new Connections(maxConnections, observer);
  // The status page's events stay open.
  const admission = new Admission(connections, { maxRequests, requestSeconds: Infinity });
  const app = Fastify({
    serverFactory: (listener) => {
      const server = createHttpServer({ requireHostHeader: false }, admission.before(listener));
      server.keepAliveTimeout = keepAliveTimeoutMs;
      server.headersTimeout = headersTimeoutMs;
      server.requestTimeout = requestTimeoutMs;
      connections.watch(server);
      return server;
    },
    // A response of this server is not worth a wait at the end.
    forceCloseConnections: true,
    return503OnClosing: false,
  });
  useAdmission(app, admission);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRequest', (request, reply, done) => {
    if (isInsideHost(request.headers.host)) {
      admission.admitStranger(reply.raw);
      done();
      return;
    }
    const text = 'use an IP address, localhost or the name of the Service as the host\n';
    reply.code(403).type('text/plain; charset=utf-8').send(text);
  });
  register((url, handler) => app.get(url, handler));
  app.setNotFoundHandler((request, reply) =>
    sendError(request, reply, new AdapterError('PathUnknown', `nothing is served at ${request.url} here`)),
  );
  app.setErrorHandler((thrown, request, reply) => sendError(request, reply, toAdapterError(thrown)));
  return app;
}
