import { describe, expect, it } from 'vitest';
import { libraryReason, withoutNamedSecrets } from '../../../src/sls/credentials/library-error.ts';

describe('withoutNamedSecrets', () => {
  it.each([
    ['{"AccessKeySecret":"a/b+c=","SecurityToken": "d"}', '{"AccessKeySecret":"***","SecurityToken": "***"}'],
    [String.raw`{\"AccessKeySecret\":\"abc\"}`, String.raw`{\"AccessKeySecret\":\"***\"}`],
    ['secret=abc, access_key_secret: abc', 'secret=***, access_key_secret: ***'],
    ['get sts token failed, httpStatus: 404', 'get sts token failed, httpStatus: 404'],
  ])('hides secrets in %s', (text, expected) => {
    expect(withoutNamedSecrets(text)).toBe(expected);
  });
});

describe('libraryReason', () => {
  const secret = 'a/secret+of=mine';
  it.each<[string, string]>([
    [
      'refresh session token failed: {"RequestId":"R-1","HostId":"sts","Code":"NoPermission","Message":"You are not authorized to do this action."}',
      'refresh session token failed: NoPermission (You are not authorized to do this action; request R-1)',
    ],
    [
      `refresh session token failed: {"Code":"SignatureDoesNotMatch","Message":"Specified signature is not matched with our calculation. server string to sign is:POST&%2F&SecurityToken%3D${secret}"}`,
      'refresh session token failed: SignatureDoesNotMatch (Specified signature is not matched with our calculation)',
    ],
    [
      'get sts token failed with OIDC, unmarshal fail: <html>planted</html>',
      'get sts token failed with OIDC, unmarshal fail: a reply that is not JSON',
    ],
    [
      'get sts token failed, httpStatus: 404, message = planted',
      'get sts token failed, httpStatus: 404, message = a reply that is not JSON',
    ],
    [`it said {"Credentials":{"AccessKeySecret":"${secret}`, 'it said a reply without an error code'],
    [
      `the chain gave {"Code":"Success","AccessKeySecret":"x"}`,
      'the chain gave a reply without an error code',
    ],
    [
      `connect ECONNREFUSED 127.0.0.1:1POST https://127.0.0.1:1/?SecurityToken=x&Signature=y failed.`,
      'connect ECONNREFUSED 127.0.0.1:1POST https://127.0.0.1:1/ failed.',
    ],
    [
      `as it is: ${secret}, and as in a query: ${encodeURIComponent(secret)}`,
      'as it is: ***, and as in a query: ***',
    ],
    ['the token eyJhbGciOi.eyJpc3M.c2lnbmF0 is of no use', 'the token *** is of no use'],
    [
      'refresh session token failed: {"Code":"InvalidAccessKeyId.NotFound","Message":"Specified access key LTAI5tPlantedKey is not found."}',
      'refresh session token failed: InvalidAccessKeyId.NotFound (Specified access key *** is not found)',
    ],
    ['two\n lines', 'two lines'],
    ['IMDS credentials is disabled', 'IMDS credentials is disabled'],
  ])('shortens %s', (said, expected) => {
    expect(libraryReason(new Error(said), [secret])).toBe(expected);
  });

  it('cuts long messages', () => {
    expect(libraryReason(new Error('x'.repeat(10_000))).length).toBe(500);
  });
});
