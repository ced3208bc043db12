import { createHash, timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../service-error.ts';
import type { AccessKey, SignedRequest } from './credentials.ts';
import { signatureV1, type SignatureMethod } from './signature-v1.ts';
import { signatureV4 } from './signature-v4.ts';

const maxSkewMs = 15 * 60 * 1000;
const v4Authorization =
  /^SLS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/sls\/aliyun_v4_request,\s*Signature=([0-9a-f]{64})$/;
const methods: Readonly<Record<string, SignatureMethod>> = { 'hmac-sha1': 'sha1', 'hmac-sha256': 'sha256' };

/**
 * Checks the key, the signature, the digest, the time and the security token of a request.
 *
 * @param keys the keys that exist
 * @throws ServiceError with the documented code, status and message of SLS for each error
 */
export function verifySignature(request: SignedRequest, keys: readonly AccessKey[], nowMs: number): void {
  const authorization = request.headers['authorization'];
  if (authorization === undefined)
    throw new ServiceError(400, 'MissAccessKeyId', 'x-log-accesskeyid does not exist in header.');
  const v1 = /^(?:LOG|SLS) (.*)$/.exec(authorization)?.[1];
  const key =
    v1 === undefined ? verifyV4(request, authorization, keys, nowMs) : verifyV1(request, v1, keys, nowMs);
  const { securityToken, expiresAtMs = Infinity } = key;
  if (securityToken !== undefined && request.headers['x-acs-security-token'] !== securityToken)
    throw unauthorized('The security token you provided is invalid.');
  if (nowMs >= expiresAtMs) throw unauthorized('The security token you provided has expired.');
}

/** Returns the key that signed the request. */
function verifyV1(
  request: SignedRequest,
  credential: string,
  keys: readonly AccessKey[],
  nowMs: number,
): AccessKey {
  const split = credential.lastIndexOf(':');
  if (split < 1) throw unauthorized(`The authorization value ${credential} is invalid.`);
  const name = request.headers['x-log-signaturemethod'];
  if (name === undefined)
    throw new ServiceError(
      400,
      'MissingSignatureMethod',
      'x-log-signaturemethod does not exist in http header.',
    );
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method)
    throw new ServiceError(400, 'InvalidSignatureMethod', `signature method ${name} is unsupported.`);
  const date = request.headers['date'];
  if (date === undefined) throw new ServiceError(400, 'MissingDate', 'Date does not exist in http header.');
  if (!/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(date))
    throw new ServiceError(400, 'InvalidDateFormat', `Date ${date} must follow RFC822.`);
  checkTime(date, Date.parse(date), nowMs);
  checkMd5(request);
  const key = findKey(credential.slice(0, split), keys);
  checkSignature(credential.slice(split + 1), signatureV1(request, key.secret, method));
  return key;
}

/** Returns the key that signed the request. */
function verifyV4(
  request: SignedRequest,
  authorization: string,
  keys: readonly AccessKey[],
  nowMs: number,
): AccessKey {
  const parts = v4Authorization.exec(authorization);
  if (!parts) throw unauthorized('The authorization header is invalid.');
  const [, id = '', date = '', region = '', signature = ''] = parts;
  const time = request.headers['x-log-date'] ?? '';
  const iso = time.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z');
  if (time === iso) throw new ServiceError(400, 'InvalidDateFormat', `Date ${time} must follow ISO8601.`);
  if (!time.startsWith(date)) throw signatureMismatch(signature);
  checkTime(time, Date.parse(iso), nowMs);
  const digest = createHash('sha256').update(request.body).digest('hex');
  if (request.headers['x-log-content-sha256'] !== digest) throw signatureMismatch(signature);
  const key = findKey(id, keys);
  checkSignature(signature, signatureV4(request, { date, region }, key.secret));
  return key;
}

function checkTime(text: string, timeMs: number, nowMs: number): void {
  if (Math.abs(timeMs - nowMs) <= maxSkewMs) return;
  throw new ServiceError(
    400,
    'RequestTimeExpired',
    `Request time ${text} has been expired while server time is ${new Date(nowMs).toUTCString()}.`,
  );
}

function checkMd5({ headers, body }: SignedRequest): void {
  const given = headers['content-md5'] ?? '';
  if (body.length === 0 && given === '') return;
  const expected = createHash('md5').update(body).digest('hex').toUpperCase();
  if (given === expected) return;
  throw new ServiceError(
    400,
    'InvalidContentMD5',
    `Content-MD5 ${given} does not match body, it is ${expected}.`,
  );
}

function findKey(id: string, keys: readonly AccessKey[]): AccessKey {
  const key = keys.find((one) => one.id === id);
  if (key === undefined) throw unauthorized(`AccessKeyId not found: ${id}`);
  if (key.disabled === true) throw unauthorized(`AccessKeyId is disabled: ${id}`);
  return key;
}

function checkSignature(given: string, expected: string): void {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  if (left.length !== right.length || !timingSafeEqual(left, right)) throw signatureMismatch(given);
}

const unauthorized = (message: string) => new ServiceError(401, 'Unauthorized', message);
const signatureMismatch = (given: string) =>
  new ServiceError(401, 'SignatureNotMatch', `signature ${given} not match`);
