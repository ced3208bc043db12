import { AdapterError } from '../errors.ts';

/** How SLS is reached. */
export interface EndpointSettings {
  /** For example `cn-beijing`; needed where `url` is not given. */
  readonly region?: string | undefined;
  /** Which of the region's endpoints is used unless a request chooses. */
  readonly network: Network;
  /** An endpoint as given, for example `http://127.0.0.1:8088`; overrides region and network. */
  readonly url?: string | undefined;
}

export type Network = 'intranet' | 'public' | 'accelerate';

export interface Endpoint {
  readonly protocol: 'http' | 'https';
  /** Host and, where it is not the protocol's own, port: what follows `{project}.` in the Host header. */
  readonly authority: string;
  readonly hostname: string;
  readonly port: number;
  /**
   * Whether connections go to `{project}.{hostname}` (SLS) or to `hostname` itself. A loopback or numeric
   * address has no names below it, so there the project travels in the Host header alone.
   */
  readonly connectByProject: boolean;
}

/**
 * @param internal overrides the network: true asks the VPC's endpoint, false the public one
 * @throws AdapterError `ConfigInvalid` where neither region nor URL is known, or the URL is none
 */
export function resolveEndpoint(settings: EndpointSettings, internal?: boolean): Endpoint {
  if (settings.url !== undefined) return parseEndpointUrl(settings.url);
  if (settings.region === undefined) {
    throw new AdapterError('ConfigInvalid', 'neither a region nor an endpoint of SLS is configured');
  }
  const network = internal === undefined ? settings.network : internal ? 'intranet' : 'public';
  return parseEndpointUrl(`https://${regionalHost(settings.region, network)}`);
}

/** Source: SLS, "Endpoints". */
function regionalHost(region: string, network: Network): string {
  switch (network) {
    case 'intranet':
      return `${region}-intranet.log.aliyuncs.com`;
    case 'public':
      return `${region}.log.aliyuncs.com`;
    case 'accelerate':
      return 'log-global.aliyuncs.com';
  }
}

/**
 * Host of STS for an adapter whose SLS is there: in the VPC too, where the other hosts may be out of reach.
 * Source: STS, "Endpoints".
 */
export function stsHost({ region, network }: Omit<EndpointSettings, 'url'>): string {
  if (region === undefined) return 'sts.aliyuncs.com';
  return network === 'intranet' ? `sts-vpc.${region}.aliyuncs.com` : `sts.${region}.aliyuncs.com`;
}

/** @throws AdapterError `ConfigInvalid` */
export function parseEndpointUrl(text: string): Endpoint {
  const url = URL.parse(text);
  const protocol = url?.protocol === 'http:' ? 'http' : url?.protocol === 'https:' ? 'https' : undefined;
  if (
    url === null ||
    protocol === undefined ||
    url.pathname !== '/' ||
    url.search + url.hash + url.username + url.password !== ''
  ) {
    throw new AdapterError(
      'ConfigInvalid',
      `SLS endpoint ${JSON.stringify(text)} must be a URL such as https://cn-beijing.log.aliyuncs.com or http://127.0.0.1:8088`,
    );
  }
  const local = isNumeric(url.hostname) || isLocalhost(url.hostname);
  return {
    protocol,
    authority: url.host,
    hostname: isLocalhost(url.hostname) ? 'localhost' : url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (protocol === 'https' ? 443 : 80) : Number(url.port),
    connectByProject: !local,
  };
}

const isNumeric = (hostname: string) => hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(hostname);

/** Source: RFC 6761, 6.3: every name below localhost is loopback. */
const isLocalhost = (hostname: string) => hostname === 'localhost' || hostname.endsWith('.localhost');
