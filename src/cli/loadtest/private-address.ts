import { BlockList, isIP } from 'node:net';

/**
 * Loopback, and networks that are nobody's but one's own. Sources: RFC 1918, RFC 4193, RFC 1122 3.2.1.3. Not in it are
 * link-local and shared addresses (RFC 6598), where clouds have services of their own.
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

/** Whether an IP address is loopback or of a private network; an IPv4 address mapped into IPv6 counts as itself. */
export function isPrivateAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  return isIP(mapped) !== 0 && privateNetworks().check(mapped, isIP(mapped) === 6 ? 'ipv6' : 'ipv4');
}
