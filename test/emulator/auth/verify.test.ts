import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignedRequest } from '../../../emulator/auth/credentials.ts';
import { signatureV1 } from '../../../emulator/auth/signature-v1.ts';
import { signatureV4 } from '../../../emulator/auth/signature-v4.ts';
import type { Emulator } from '../../../emulator/emulator.ts';
import { apiHeaders, logstore, nowSeconds, startTestEmulator } from '../harness.ts';
import { send } from '../raw-client.ts';

const key = { id: 'ak-1', secret: 'secret-1' };
const path = `/logstores/${logstore}/logs`;
const body = JSON.stringify({ from: nowSeconds - 60, to: nowSeconds, query: '*' });
const digest = (name: string, text: string) => createHash(name).update(text).digest('hex');
const rfc822 = (seconds: number) => new Date(seconds * 1000).toUTCString();
const compact = (seconds: number) => new Date(seconds * 1000).toISOString().replace(/[-:]|\.\d+/g, '');

type Headers = Record<string, string>;
type Change = (headers: Headers) => void;

const request = (headers: Headers): SignedRequest => ({
  method: 'POST',
  path,
  query: new Map(),
  headers,
  body: Buffer.from(body),
});

/** Headers of a valid v1 request. `before` changes them before signing, `after` after it. */
function v1(before: Change = () => undefined, after: Change = () => undefined): Headers {
  const headers: Headers = {
    ...apiHeaders(body),
    date: rfc822(nowSeconds),
    'content-md5': digest('md5', body).toUpperCase(),
    'x-log-signaturemethod': 'hmac-sha1',
  };
  before(headers);
  headers['authorization'] = `LOG ${key.id}:${signatureV1(request(headers), key.secret, 'sha1')}`;
  after(headers);
  return headers;
}

function v4(before: Change = () => undefined, after: Change = () => undefined): Headers {
  const headers: Headers = {
    ...apiHeaders(body),
    'x-log-date': compact(nowSeconds),
    'x-log-content-sha256': digest('sha256', body),
  };
  before(headers);
  const date = (headers['x-log-date'] ?? '').slice(0, 8);
  const signature = signatureV4(request(headers), { date, region: 'cn-hangzhou' }, key.secret);
  const credential = `${key.id}/${date}/cn-hangzhou/sls/aliyun_v4_request`;
  headers['authorization'] = `SLS4-HMAC-SHA256 Credential=${credential},Signature=${signature}`;
  after(headers);
  return headers;
}

const set =
  (name: string, value: string): Change =>
  (headers) => {
    headers[name] = value;
  };
const drop =
  (name: string): Change =>
  (headers) => {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete headers[name];
  };
const replace =
  (name: string, from: string, to: string): Change =>
  (headers) => {
    headers[name] = (headers[name] ?? '').replace(from, to);
  };

describe('verification of signatures', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startTestEmulator({ accessKey: key });
  });
  afterAll(() => emulator.stop());

  const ask = async (headers: Headers, to = emulator) => {
    const reply = await send(to.url, { method: 'POST', path, headers, body });
    const parsed = JSON.parse(reply.body.toString()) as { errorCode?: string };
    return `${reply.status} ${parsed.errorCode ?? 'ok'}`;
  };
  const messageTo = async (headers: Headers, to = emulator) => {
    const reply = await send(to.url, { method: 'POST', path, headers, body });
    return (JSON.parse(reply.body.toString()) as { errorMessage?: string }).errorMessage;
  };

  it.each<[string, Headers, string]>([
    ['v1', v1(), '200 ok'],
    ['v1 14 minutes old', v1(set('date', rfc822(nowSeconds - 14 * 60))), '200 ok'],
    ['v1 16 minutes old', v1(set('date', rfc822(nowSeconds - 16 * 60))), '400 RequestTimeExpired'],
    ['v1 16 minutes ahead', v1(set('date', rfc822(nowSeconds + 16 * 60))), '400 RequestTimeExpired'],
    ['v1 with a date in another form', v1(set('date', '2022-07-22T03:30:00Z')), '400 InvalidDateFormat'],
    ['v1 without a date', v1(drop('date')), '400 MissingDate'],
    ['v1 without a method', v1(drop('x-log-signaturemethod')), '400 MissingSignatureMethod'],
    ['v1 with hmac-md5', v1(set('x-log-signaturemethod', 'hmac-md5')), '400 InvalidSignatureMethod'],
    ['v1 of another key', v1(undefined, replace('authorization', 'ak-1', 'ak-2')), '401 Unauthorized'],
    ['v1 with a header changed', v1(undefined, set('x-log-bodyrawsize', '9')), '401 SignatureNotMatch'],
    ['v1 with the date changed', v1(undefined, set('date', rfc822(nowSeconds - 1))), '401 SignatureNotMatch'],
    ['v1 with a header added', v1(undefined, set('x-acs-more', '1')), '401 SignatureNotMatch'],
    [
      'v1 with another MD5',
      v1(set('content-md5', digest('md5', 'x').toUpperCase())),
      '400 InvalidContentMD5',
    ],
    ['v1 with an MD5 in lower case', v1(set('content-md5', digest('md5', body))), '400 InvalidContentMD5'],
    ['v1 without an MD5', v1(drop('content-md5')), '400 InvalidContentMD5'],
    ['v4', v4(), '200 ok'],
    ['v4 16 minutes old', v4(set('x-log-date', compact(nowSeconds - 16 * 60))), '400 RequestTimeExpired'],
    ['v4 of another key', v4(undefined, replace('authorization', 'ak-1', 'ak-2')), '401 Unauthorized'],
    [
      'v4 for another region',
      v4(undefined, replace('authorization', 'hangzhou', 'beijing')),
      '401 SignatureNotMatch',
    ],
    [
      'v4 with a header changed',
      v4(undefined, set('content-type', 'application/json; v=1')),
      '401 SignatureNotMatch',
    ],
    ['v4 of another body', v4(set('x-log-content-sha256', digest('sha256', 'x'))), '401 SignatureNotMatch'],
    ['v4 without a date', v4(undefined, drop('x-log-date')), '400 InvalidDateFormat'],
    ['no signature', apiHeaders(body), '400 MissAccessKeyId'],
    ['something else', { ...apiHeaders(body), authorization: 'Bearer x' }, '401 Unauthorized'],
  ])('%s', async (_name, headers, outcome) => {
    expect(await ask(headers)).toBe(outcome);
  });

  it('a temporary key pair needs its security token, and the token must be signed', async () => {
    await using temporary = await startTestEmulator({ accessKey: { ...key, securityToken: 'token-1' } });
    const token = set('x-acs-security-token', 'token-1');
    expect(await ask(v1(token), temporary)).toBe('200 ok');
    expect(await ask(v4(token), temporary)).toBe('200 ok');
    expect(await ask(v1(), temporary)).toBe('401 Unauthorized');
    expect(await ask(v1(set('x-acs-security-token', 'token-2')), temporary)).toBe('401 Unauthorized');
    expect(await ask(v1(undefined, token), temporary)).toBe('401 SignatureNotMatch');
  });

  it('an unknown, a disabled and an expired key are told apart by the message, as SLS does', async () => {
    let nowMs = nowSeconds * 1000;
    const token = set('x-acs-security-token', 'token-1');
    await using several = await startTestEmulator({
      accessKey: [
        { id: 'off', secret: key.secret, disabled: true },
        { ...key, securityToken: 'token-1', expiresAtMs: nowMs + 1000 },
      ],
      clock: { now: () => nowMs },
    });
    const as = (id: string) => v1(token, replace('authorization', 'ak-1', id));
    expect(await ask(v1(token), several)).toBe('200 ok');
    expect(await messageTo(as('none'), several)).toBe('AccessKeyId not found: none');
    expect(await messageTo(as('off'), several)).toBe('AccessKeyId is disabled: off');
    nowMs += 1000;
    expect(await ask(v1(token), several)).toBe('401 Unauthorized');
    expect(await messageTo(v1(token), several)).toBe('The security token you provided has expired.');
    expect(await messageTo(v4(token), several)).toBe('The security token you provided has expired.');
  });
});
