import type { FastifyServerOptions } from 'fastify';

/** Loaded by whoever leaves it to Fastify: 240 modules and 4 MB of memory, for schemas that no route has. */
const unheardOf = (): never => {
  throw new TypeError('no route has a schema');
};

/** For `schemaController`. */
export const noSchemas: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildValidator: () => unheardOf, buildSerializer: () => unheardOf },
};
