import type { Asker, Match } from './namespace-pattern.ts';

/** `{service}-{port}`, both DNS labels. */
const backend = /^[a-z0-9][-a-z0-9]*-[-a-z0-9]*[a-z0-9]$/;

/** Names that the controller itself gives: of nobody, though a namespace may be called `upstream` or `custom`. */
const controllersOwn = /^(upstream-default-backend$|custom-default-backend-)/;

/**
 * Whether a route is one of the asker's: `{namespace}-{service}-{port}`. It cannot be split back, so that of several
 * namespaces that are known the longest whose name it starts with has it.
 */
export function isOwnRoute(route: string, { namespace, rivals }: Asker): Match {
  if (controllersOwn.test(route) || !isRouteOf(namespace, route)) return false;
  const claimedBy = rivals.find((rival) => isRouteOf(rival, route));
  return claimedBy === undefined ? true : { claimedBy };
}

const isRouteOf = (namespace: string, route: string): boolean =>
  route.startsWith(`${namespace}-`) && backend.test(route.slice(namespace.length + 1));
