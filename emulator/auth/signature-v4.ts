import { createHash, createHmac } from 'node:crypto';
import { isSlsHeader, type SignedRequest } from './credentials.ts';

const algorithm = 'SLS4-HMAC-SHA256';

/** The scope in which a v4 signature is valid: a day (`yyyymmdd`) and a region. */
interface ScopeV4 {
  readonly date: string;
  readonly region: string;
}

/**
 * Returns the text that a v4 signature covers: algorithm, time, scope and the digest of the canonical request.
 * https://www.alibabacloud.com/help/en/sls/developer-reference/request-signatures
 */
function stringToSignV4(request: SignedRequest, scope: ScopeV4): string {
  const digest = createHash('sha256').update(canonicalRequest(request)).digest('hex');
  const scopeText = `${scope.date}/${scope.region}/sls/aliyun_v4_request`;
  return `${algorithm}\n${request.headers['x-log-date'] ?? ''}\n${scopeText}\n${digest}`;
}

/** Returns the hexadecimal signature for `Authorization: SLS4-HMAC-SHA256 Credential=…,Signature=…`. */
export function signatureV4(request: SignedRequest, scope: ScopeV4, secret: string): string {
  const key = [scope.date, scope.region, 'sls', 'aliyun_v4_request'].reduce<string | Buffer>(
    (salt, part) => hmac(salt, part),
    `aliyun_v4${secret}`,
  );
  return hmac(key, stringToSignV4(request, scope)).toString('hex');
}

function canonicalRequest({ method, path, query, headers }: SignedRequest): string {
  const names = Object.keys(headers).filter(isSigned).sort();
  const parameters = [...query]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${percentEncode(value)}`));
  return [
    method,
    path,
    parameters.join('&'),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    names.join(';'),
    headers['x-log-content-sha256'] ?? '',
  ].join('\n');
}

const isSigned = (name: string) => isSlsHeader(name) || name === 'host' || name === 'content-type';

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** RFC 3986: encodes all characters but letters, digits and `-_.~`. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
