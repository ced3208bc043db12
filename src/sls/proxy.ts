import { BlockList, isIP } from 'node:net';
import { AdapterError } from '../errors.ts';
import type { Environment } from './credentials/credentials.ts';

/** An HTTP proxy. */
export interface Proxy {
  /** With user and password, if it has them: not for messages. */
  readonly url: string;
  /** For messages: the variable that names it, and where it is. */
  readonly shown: string;
}

/** What to do about a failure on the way through a proxy. */
export const proxyRemedy =
  'Check that the proxy runs and lets the adapter through; if SLS is to be reached without it, add its host to NO_PROXY.';

/** Where a request goes to. */
export interface Destination {
  readonly protocol: 'http' | 'https';
  readonly hostname: string;
  readonly port: number;
}

/** Upper case counts first, as for Go programs. */
function valueOf(env: Environment, name: string): string {
  const values = [env[name], env[name.toLowerCase()]].map((value) => value?.trim() ?? '');
  return values.find((value) => value !== '') ?? '';
}

/**
 * The proxies that the environment names for SLS and STS: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, also in lower case,
 * with the rules of Go programs. Loopback is never proxied.
 */
export class Proxies {
  readonly #byProtocol: Readonly<Partial<Record<'http' | 'https', Proxy>>>;
  readonly #exceptions: readonly string[];

  /** @throws AdapterError `ConfigInvalid` for a proxy of another kind */
  constructor(env: Environment) {
    const [http, https] = [parseProxy(env, 'HTTP_PROXY'), parseProxy(env, 'HTTPS_PROXY')];
    this.#byProtocol = { ...(http && { http }), ...(https && { https }) };
    this.#exceptions = valueOf(env, 'NO_PROXY')
      .split(/[\s,]+/)
      .filter(Boolean)
      .map((exception) => exception.toLowerCase());
  }

  /** Returns the proxy for a request; undefined: it is sent directly. */
  of(destination: Destination): Proxy | undefined {
    const proxy = this.#byProtocol[destination.protocol];
    if (proxy === undefined || isLoopback(destination.hostname)) return undefined;
    return this.#exceptions.some((exception) => matches(exception, destination)) ? undefined : proxy;
  }

  /** Returns why a request is sent directly although there is a proxy; empty if there is none. */
  whyDirect({ protocol }: Destination): string {
    const other = protocol === 'http' ? 'https' : 'http';
    if (this.#byProtocol[protocol] !== undefined) return 'NO_PROXY names it';
    if (this.#byProtocol[other] === undefined) return '';
    return `${other.toUpperCase()}_PROXY is set, but ${protocol.toUpperCase()}_PROXY is not`;
  }
}

/** Returns the proxies of the environment; undefined if it names none. */
export const proxiesIn = (env: Environment): Proxies | undefined =>
  ['HTTP_PROXY', 'HTTPS_PROXY'].some((name) => valueOf(env, name) !== '') ? new Proxies(env) : undefined;

function parseProxy(env: Environment, name: string): Proxy | undefined {
  const text = valueOf(env, name);
  if (text === '') return undefined;
  const url = URL.parse(/^[a-z0-9]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    const scheme = url === null ? '' : `, not ${url.protocol}//…`;
    throw new AdapterError(
      'ConfigInvalid',
      `${name} must be the URL of an HTTP proxy such as http://proxy.example.com:3128${scheme}`,
    );
  }
  return { url: url.href, shown: `${name} ${url.protocol}//${url.host}` };
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '::1' ||
  (isIP(hostname) === 4 && hostname.startsWith('127.'));

/**
 * @param exception one entry of NO_PROXY: `*`, a host with all names below it, `.host` or `*.host` for those below it
 *   alone, an address or a network (`10.0.0.0/8`), each with a port or without
 */
function matches(exception: string, { hostname, port }: Destination): boolean {
  if (exception === '*') return true;
  const network = /^(.+)\/(\d{1,3})$/.exec(exception);
  if (network !== null) return isInNetwork(hostname, network[1] ?? '', Number(network[2]));
  const [, name = exception, onlyPort] = /^\[?(.+?)\]?(?::(\d+))?$/.exec(exception) ?? [];
  const isAddress = isIP(exception) !== 0;
  if (!isAddress && onlyPort !== undefined && Number(onlyPort) !== port) return false;
  const host = isAddress ? exception : name.replace(/^\*(?=\.)/, '');
  return hostname === host || hostname.endsWith(host.startsWith('.') ? host : `.${host}`);
}

function isInNetwork(hostname: string, network: string, bits: number): boolean {
  const family = isIP(hostname);
  if (family === 0 || family !== isIP(network) || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(hostname, type);
}
