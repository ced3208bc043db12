import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { AdapterError } from '../../errors.ts';

/**
 * Resolves the host of a URL. Public addresses need the user's consent.
 *
 * @param count requests to send, for the message
 * @returns a lookup of these addresses only, even if the name resolves to others later
 * @throws AdapterError `ConfigInvalid` if the host has no address, or has a public address without `allowPublic`
 */
export async function resolveHost(
  { hostname }: URL,
  count: number,
  allowPublic: boolean,
): Promise<LookupFunction> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const found = await lookup(host, { all: true }).catch((cause: unknown) => {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new AdapterError('ConfigInvalid', `${host} has no address (${code})`, { cause });
  });
  const publicOne = found.find(({ address }) => !isPrivateAddress(address));
  if (publicOne !== undefined && !allowPublic) {
    const where = publicOne.address === host ? host : `${host} is at ${publicOne.address}, which`;
    throw new AdapterError(
      'ConfigInvalid',
      `${where} is not a private address: use --yes to send ${count} requests there`,
    );
  }
  return (_, options, callback) => {
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
}

/** Returns true for loopback and private networks. An IPv4 address mapped into IPv6 counts as the IPv4 address. */
export function isPrivateAddress(address: string): boolean {
  return isIP(address) !== 0 && privateNetworks().check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Loopback and private networks. Sources: RFC 1918, RFC 4193, RFC 1122 3.2.1.3. Link-local and shared addresses
 * (RFC 6598) are not included, since clouds run services of their own there.
 */
function privateNetworks(): BlockList {
  const networks = new BlockList();
  networks.addSubnet('127.0.0.0', 8, 'ipv4');
  networks.addSubnet('10.0.0.0', 8, 'ipv4');
  networks.addSubnet('172.16.0.0', 12, 'ipv4');
  networks.addSubnet('192.168.0.0', 16, 'ipv4');
  networks.addAddress('::1', 'ipv6');
  networks.addSubnet('fc00::', 7, 'ipv6');
  return networks;
}
