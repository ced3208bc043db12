import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiGroupDocument, apiGroupList, apiResourceList, group, version } from './discovery.ts';
import { sendJson } from './encoding.ts';

/** Adds a path that is only read. */
export type RegisterGet = (
  url: string,
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
) => void;

/** Everything that tells what the server is and serves. None of it depends on anything that can fail. */
export function registerDiscovery(get: RegisterGet): void {
  get('/apis', (request, reply) => sendJson(request, reply, apiGroupList));
  get(`/apis/${group}`, (request, reply) => sendJson(request, reply, apiGroupDocument));
  get(`/apis/${group}/${version}`, (request, reply) => sendJson(request, reply, apiResourceList()));
}
