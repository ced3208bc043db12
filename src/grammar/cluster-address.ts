import { BlockList, isIP } from 'node:net';

/** The name of a Service: `{service}.{namespace}.svc`, alone or with the domain of the cluster. */
const serviceForm = /^[a-z0-9][-a-z0-9]*\.[a-z0-9][-a-z0-9]*\.svc(\.[a-z0-9][-a-z0-9]*)*$/;

/** Loopback, RFC 1918 and RFC 4193. Not 100.64.0.0/10 and link-local addresses: the metadata of a node is served there. */
const subnets = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', 'fc00::/7', '::1/128'];

/** Whether an IP address is private or loopback. */
export function isInternalAddress(address: string): boolean {
  const internal = new BlockList();
  for (const subnet of subnets) {
    const [network = '', length] = subnet.split('/');
    internal.addSubnet(network, Number(length), network.includes(':') ? 'ipv6' : 'ipv4');
  }
  const version = isIP(address);
  return version !== 0 && internal.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/** Whether the host of a URL is a Service of the cluster, or an internal address. What the name stands for is open. */
export const isClusterHost = (host: string): boolean =>
  serviceForm.test(host) || isInternalAddress(host.replace(/^\[(.*)\]$/, '$1'));
