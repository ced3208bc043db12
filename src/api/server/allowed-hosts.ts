import { isIP } from 'node:net';

/**
 * Returns whether a Host header is an address, `localhost` or a name of the cluster. This refuses DNS rebinding: a
 * website can let its own name resolve to the address of this port and read the answers, but no website can own one
 * of these hosts.
 */
export function isInsideHost(host: string | undefined): boolean {
  const name = hostnameOf(host ?? '');
  if (name === undefined) return false;
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return true;
  // The cluster resolves names without a dot below its own domain. Such names, `.svc` and `.local` cannot be registered.
  return !name.includes('.') || /\.(svc|local)$/.test(name);
}

/** `[::1]:8080` → `::1`; undefined for text that is not a host. */
function hostnameOf(host: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (bracketed ?? plain)?.toLowerCase().replace(/\.$/, '');
}
