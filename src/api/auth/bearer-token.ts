import { AdapterError } from '../../errors.ts';

/** Longer tokens are refused unseen. A service account's has about 1,000 characters, one with many claims a few thousand. */
const longestToken = 16 * 1024;

/** The form `b64token` of RFC 6750, 2.1. */
const tokenForm = /^[\w.~+/-]+=*$/;

/**
 * Returns undefined for another scheme. As in Kubernetes, the scheme's case does not matter.
 *
 * @throws AdapterError `Unauthenticated` for what cannot be a token
 */
export function bearerToken(authorization = ''): string | undefined {
  const [, token] = /^bearer +(\S.*)$/i.exec(authorization) ?? [];
  if (token === undefined) return undefined;
  if (token.length > longestToken) throw unusableToken(`it has more than ${longestToken} characters`);
  if (!tokenForm.test(token)) throw unusableToken('it has characters that no token has (RFC 6750)');
  return token;
}

const unusableToken = (why: string) =>
  new AdapterError('Unauthenticated', `Unauthorized: the bearer token cannot be one: ${why}`);
