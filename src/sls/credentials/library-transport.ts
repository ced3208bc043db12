import { AdapterError } from '../../errors.ts';
import { parseEndpointUrl } from '../endpoint.ts';
import { proxiesIn } from '../proxy.ts';
import { Transport } from '../transport.ts';
import type { Environment } from './credentials.ts';

/** A request of `@alicloud/credentials`. */
interface LibraryRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyForm?: Readonly<Record<string, string>>;
  readonly readTimeout: number;
  readonly connectTimeout: number;
  toRequestURL(): string;
}

/**
 * Makes a provider of the library send its requests by our transport, through the proxy that the environment names. The
 * library itself knows no proxy, and takes replies of any length.
 *
 * @param provider asks STS
 * @param env names the proxy
 */
export function byTransport<T extends object>(provider: T, env: Environment): T {
  const proxies = proxiesIn(env);
  const doRequest = async (request: LibraryRequest) => {
    const { method, headers, bodyForm = {}, readTimeout, connectTimeout } = request;
    const transport = new Transport({
      connectTimeoutMs: connectTimeout,
      readTimeoutMs: readTimeout,
      proxies,
      service: 'STS',
    });
    const { origin, host, pathname, search } = new URL(request.toRequestURL());
    const body = Object.entries(bodyForm).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    try {
      return await transport.send({
        endpoint: { ...parseEndpointUrl(origin), connectByProject: false },
        project: '',
        method,
        path: `${pathname}${search}`,
        headers: { ...headers, host },
        body: Buffer.from(body.join('&')),
        signal: new AbortController().signal,
      });
    } catch (error) {
      // An error of STS is one of the credentials, not of SLS.
      throw error instanceof AdapterError ? new Error(error.what) : error;
    } finally {
      transport.close();
    }
  };
  return Object.assign(provider, { doRequest });
}
