import { isIP } from 'node:net';

/**
 * Whether a request to the plain port names it as only those within reach of it can. A page on the Internet may have a
 * name of its own resolve to our address and then read what we answer; but it cannot make an address, `localhost` or a
 * name of the cluster its own.
 *
 * @param host the Host header
 */
export function isInsideHost(host: string | undefined): boolean {
  const name = hostnameOf(host ?? '');
  if (name === undefined) return false;
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return true;
  // Names of no dot are searched below the cluster's own; nobody can register one, nor `.svc` or `.local`.
  return !name.includes('.') || /\.(svc|local)$/.test(name);
}

/** `[::1]:8080` → `::1`; undefined where it is no host. */
function hostnameOf(host: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (bracketed ?? plain)?.toLowerCase().replace(/\.$/, '');
}
