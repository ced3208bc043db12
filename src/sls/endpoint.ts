import { AdapterError } from '../errors.ts';

interface EndpointSettings {
  /** For example `cn-beijing`; required without `url`. */
  readonly region?: string | undefined;
  /** Which of the region's endpoints to use unless a request chooses. */
  readonly network: Network;
  /** An endpoint, for example `http://127.0.0.1:8088`; overrides region and network. */
  readonly url?: string | undefined;
}

export type Network = 'intranet' | 'public' | 'accelerate';

export interface Endpoint {
  /** `{protocol}://{authority}` */
  readonly url: string;
  readonly protocol: 'http' | 'https';
  /** Host and, unless it is the protocol's default, port: what follows `{project}.` in the Host header. */
  readonly authority: string;
  readonly hostname: string;
  readonly port: number;
  /**
   * Whether to connect to `{project}.{hostname}` (SLS) or to `hostname` itself. A loopback or numeric address has no
   * names below it, so there only the Host header names the project.
   */
  readonly connectByProject: boolean;
}

export interface LogstoreAddress {
  readonly endpoint: Endpoint;
  readonly project: string;
  readonly logstore: string;
}

/**
 * @param internal overrides the network: true for the VPC's endpoint, false for the public one
 * @throws AdapterError `ConfigInvalid` if there is neither region nor URL, or the URL is not valid
 */
export function resolveEndpoint(settings: EndpointSettings, internal?: boolean): Endpoint {
  if (settings.url !== undefined) return parseEndpointUrl(settings.url);
  if (settings.region === undefined) {
    throw new AdapterError('ConfigInvalid', 'neither a region nor an endpoint of SLS is configured');
  }
  const network = internal === undefined ? settings.network : internal ? 'intranet' : 'public';
  return parseEndpointUrl(`https://${regionalHosts[network](settings.region)}`);
}

/** Source: SLS, "Endpoints". */
const regionalHosts: Readonly<Record<Network, (region: string) => string>> = {
  intranet: (region) => `${region}-intranet.log.aliyuncs.com`,
  public: (region) => `${region}.log.aliyuncs.com`,
  accelerate: () => 'log-global.aliyuncs.com',
};

/** What the environment says of STS, by the variables of Alibaba Cloud's libraries. */
interface StsEnvironment {
  readonly ALIBABA_CLOUD_STS_REGION?: string | undefined;
  readonly ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED?: string | undefined;
}

/**
 * Returns the host of STS: in the VPC if SLS is, since public hosts may be unreachable there. Source: STS, "Endpoints".
 *
 * @param settings `endpoint`: as `url` of EndpointSettings; it tells the region if it is one of Alibaba Cloud's
 */
export function stsHost(
  { region, network, endpoint }: Omit<EndpointSettings, 'url'> & { readonly endpoint?: string | undefined },
  env: StsEnvironment = {},
): string {
  const [, ofUrl, intranet] =
    /^https?:\/\/([a-z0-9-]+?)(-intranet)?\.log\.aliyuncs\.com(?::\d+)?\/?$/.exec(endpoint ?? '') ?? [];
  if (ofUrl !== undefined) return regionalSts(ofUrl, intranet !== undefined);
  if (region !== undefined) return regionalSts(region, network === 'intranet');
  const { ALIBABA_CLOUD_STS_REGION: ofEnv = '', ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED: isVpc = '' } = env;
  return ofEnv === '' ? 'sts.aliyuncs.com' : regionalSts(ofEnv, isVpc.toLowerCase() === 'true');
}

const regionalSts = (region: string, isInVpc: boolean) =>
  `${isInVpc ? 'sts-vpc' : 'sts'}.${region}.aliyuncs.com`;

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
    url: `${protocol}://${url.host}`,
    protocol,
    authority: url.host,
    hostname: isLocalhost(url.hostname) ? 'localhost' : url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (protocol === 'https' ? 443 : 80) : Number(url.port),
    connectByProject: !local,
  };
}

const isNumeric = (hostname: string) => hostname.startsWith('[') || /^\d+(\.\d+){3}$/.test(hostname);

/** Source: RFC 6761, 6.3: all names below localhost are loopback. */
const isLocalhost = (hostname: string) => hostname === 'localhost' || hostname.endsWith('.localhost');
