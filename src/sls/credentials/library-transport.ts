import { createRequire } from 'node:module';
import { AdapterError } from '../../errors.ts';
import { parseEndpointUrl } from '../endpoint.ts';
import { proxiesIn, type Proxies } from '../proxy.ts';
import { Transport, type TransportReply } from '../transport.ts';
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

type Send = (request: LibraryRequest) => Promise<TransportReply>;

/**
 * Makes a provider of the library send its requests by our transport, through the proxy that the environment names. The
 * library itself knows no proxy, and takes replies of any length.
 *
 * @param provider asks STS
 * @param env names the proxy
 */
export const byTransport = <T extends object>(provider: T, env: Environment): T =>
  Object.assign(provider, { doRequest: sendFor('STS', proxiesIn(env)) });

/**
 * Loads the library so that all its providers, those of a profile too, send by our transport, without a proxy: to the
 * metadata service of ECS, and to the URI of credentials.
 */
export async function loadLibrary() {
  const path = '@alicloud/credentials/dist/src/providers/http.js';
  const http = createRequire(import.meta.url)(path) as { doRequest: Send };
  http.doRequest = sendFor('the source of credentials');
  return await import('@alicloud/credentials');
}

const sendFor =
  (service: string, proxies?: Proxies): Send =>
  async (request) => {
    const { method, headers, bodyForm = {} } = request;
    const { origin, host, pathname, search } = new URL(request.toRequestURL());
    // The end of the library's chain, if no URI is set.
    if (host === 'undefined') throw new Error('no URI of credentials is set (ALIBABA_CLOUD_CREDENTIALS_URI)');
    const transport = new Transport({
      connectTimeoutMs: request.connectTimeout,
      readTimeoutMs: request.readTimeout,
      proxies,
      service,
    });
    const formType = request.bodyForm && { 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = Object.entries(bodyForm).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    try {
      return await transport.send({
        endpoint: { ...parseEndpointUrl(origin), connectByProject: false },
        project: '',
        method,
        path: `${pathname}${search}`,
        headers: { ...formType, ...headers, host },
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
