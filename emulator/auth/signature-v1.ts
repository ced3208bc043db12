import { createHmac } from 'node:crypto';
import { isSlsHeader, type SignedRequest } from './credentials.ts';

/** Digests that `x-log-signaturemethod` may name. */
export type SignatureMethod = 'sha1' | 'sha256';

/**
 * Returns the text that a v1 signature covers. The Python SDK adds `x-log-date` after signing, a copy of `Date` for
 * proxies that drop it:
 * https://www.alibabacloud.com/help/en/sls/developer-reference/request-signatures
 */
function stringToSignV1(request: SignedRequest): string {
  const { headers } = request;
  const signed = Object.keys(headers)
    .filter((name) => isSlsHeader(name) && name !== 'x-log-date')
    .sort()
    .map((name) => `${name}:${(headers[name] ?? '').trim()}\n`);
  return [
    `${request.method}\n`,
    `${headers['content-md5'] ?? ''}\n`,
    `${headers['content-type'] ?? ''}\n`,
    `${headers['date'] ?? ''}\n`,
    ...signed,
    resource(request),
  ].join('');
}

/** Returns the base64 signature for `Authorization: LOG id:signature`, or `SLS id:signature`. */
export function signatureV1(request: SignedRequest, secret: string, method: SignatureMethod): string {
  return createHmac(method, secret).update(stringToSignV1(request)).digest('base64');
}

function resource({ path, query }: SignedRequest): string {
  if (query.size === 0) return path;
  const pairs = [...query].sort(([left], [right]) => (left < right ? -1 : 1));
  return `${path}?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`;
}
