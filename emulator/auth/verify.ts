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
 * Checks the signature, the digest and the time of a request.
 *
 * @throws ServiceError with the documented code and status of SLS for each error
 */
export function verifySignature(request: SignedRequest, key: AccessKey, nowMs: number): void {
  const authorization = request.headers['authorization'];
  if (authorization === undefined)
    throw new ServiceError(400, 'MissAccessKeyId', 'x-log-accesskeyid does not exist in header.');
  const v1 = /^(?:LOG|SLS) (.*)$/.exec(authorization)?.[1];
  if (v1 !== undefined) verifyV1(request, v1, key, nowMs);
  else verifyV4(request, authorization, key, nowMs);
  if (key.securityToken !== undefined && request.headers['x-acs-security-token'] !== key.securityToken)
    throw unauthorized('The security token you provided is invalid.');
}

function verifyV1(request: SignedRequest, credential: string, key: AccessKey, nowMs: number): void {
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
  checkKey(credential.slice(0, split), key);
  checkSignature(credential.slice(split + 1), signatureV1(request, key.secret, method));
}

function verifyV4(request: SignedRequest, authorization: string, key: AccessKey, nowMs: number): void {
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
  checkKey(id, key);
  checkSignature(signature, signatureV4(request, { date, region }, key.secret));
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

function checkKey(id: string, key: AccessKey): void {
  if (id !== key.id)
    throw new ServiceError(401, 'InvalidAccessKeyId', `The access key id you provided is invalid: ${id}.`);
}

function checkSignature(given: string, expected: string): void {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  if (left.length !== right.length || !timingSafeEqual(left, right)) throw signatureMismatch(given);
}

const unauthorized = (message: string) => new ServiceError(401, 'Unauthorized', message);
const signatureMismatch = (given: string) =>
  new ServiceError(401, 'SignatureNotMatch', `signature ${given} not match`);
