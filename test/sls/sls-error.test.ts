import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError, errorRegistry, type ErrorCode } from '../../src/errors.ts';
import { replyError, unindexedField } from '../../src/sls/sls-error.ts';

const credentials = { accessKeyId: 'id', accessKeySecret: 'planted-secret', securityToken: 'planted-token' };
const headers = { 'x-log-requestid': 'R1' };
/** Returns the error of a reply whose body is the documented JSON. */
const errorOf = (statusCode: number, errorCode?: string, errorMessage = 'text of SLS') =>
  replyError(
    { statusCode, headers, body: Buffer.from(JSON.stringify({ errorCode, errorMessage })) },
    'project p',
    credentials,
  );

const quota = 'Too many queued queries, please retry';
const searchIndex = 'key (host) is not config as key value config,if symbol : is in your log,please wrap it';
const numericIndex = 'key (request_time) is not config as numberic column';
const sqlIndex = "line 1:44: Column 'host' cannot be resolved;please add the column in the index attribute";
const changedIndex =
  "Column 'host' no longer exists or type mismatch;please add the column in the index attribute";
const grouping = "Column 'host' not in GROUP BY clause;please add the column in the index attribute";

describe('the error of a failed reply', () => {
  it.each<[number, string | undefined, string, ErrorCode]>([
    // Documented errors, by status.
    [400, 'ParameterInvalid', 'syntax error', 'QueryRefused'],
    [400, 'ParameterInvalid', quota, 'SlsThrottled'],
    [400, 'ParameterInvalid', searchIndex, 'IndexMissing'],
    [400, 'ParameterInvalid', numericIndex, 'IndexMissing'],
    [400, 'ParameterInvalid', sqlIndex, 'IndexMissing'],
    [400, 'ParameterInvalid', changedIndex, 'IndexMissing'],
    [400, 'ParameterInvalid', grouping, 'QueryRefused'],
    [400, 'InvalidQueryString', '', 'QueryRefused'],
    [400, 'InvalidTimeRange', '', 'QueryRefused'],
    [400, 'IndexConfigNotExist', '', 'IndexMissing'],
    [400, 'RequestTimeExpired', '', 'ClockSkewed'],
    [401, 'SignatureNotMatch', '', 'CredentialsRefused'],
    [401, 'InvalidAccessKeyId', '', 'CredentialsRefused'],
    [401, 'Unauthorized', 'denied by sts or ram', 'PermissionDenied'],
    [403, 'ReadQuotaExceed', '', 'SlsThrottled'],
    [403, 'ProjectForbidden', '', 'PermissionDenied'],
    [404, 'ProjectNotExist', '', 'ProjectNotFound'],
    [404, 'LogStoreNotExist', '', 'LogstoreNotFound'],
    [500, 'InternalServerError', '', 'SlsUnavailable'],
    [500, 'RequestTimeout', '', 'SlsTimeout'],
    [503, 'ServerBusy', '', 'SlsThrottled'],
    // Undocumented ones.
    [503, 'SomethingNew', '', 'SlsUnavailable'],
    [429, 'SomethingNew', '', 'SlsThrottled'],
    [429, undefined, '', 'SlsThrottled'],
    [401, 'SomethingNew', '', 'CredentialsRefused'],
    [403, 'SomethingNew', '', 'PermissionDenied'],
    [400, 'SomethingNew', '', 'QueryRefused'],
    [502, undefined, '', 'SlsUnavailable'],
    [404, undefined, '', 'SlsReplyInvalid'],
    [400, 'constructor', '', 'QueryRefused'],
    [500, '__proto__', '', 'SlsUnavailable'],
  ])('with status %i, code %s and message %j is %s', (statusCode, errorCode, message, code) => {
    expect(errorOf(statusCode, errorCode, message).code).toBe(code);
  });

  it('always has a code of the registry', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 400, max: 599 }),
        fc.option(fc.oneof(fc.string(), fc.constantFrom('toString', 'hasOwnProperty')), { nil: undefined }),
        fc.string(),
        (statusCode, errorCode, errorMessage) => {
          const { code } = errorOf(statusCode, errorCode, errorMessage);
          expect(Object.hasOwn(errorRegistry, code)).toBe(true);
        },
      ),
    );
  });

  it('says where, what was wrong, the request ID for Alibaba Cloud, and what to do', () => {
    const error = errorOf(401, 'Unauthorized', 'denied by ram. ');
    expect(error.message).toBe(
      `SLS, project p: Unauthorized: denied by ram (request R1). ${errorRegistry.PermissionDenied.remedy}`,
    );
    expect(error.slsRequestId).toBe('R1');
    expect(error.cause).toEqual(new Error('SLS answered 401'));
  });

  it('shows the status if SLS sent no code', () => {
    const reply = { statusCode: 502, headers: {}, body: Buffer.from('{}') };
    expect(replyError(reply, 'project p', credentials).what).toBe('SLS, project p: HTTP 502');
  });

  it('says that a body is not JSON, and repeats nothing of it', () => {
    const reply = { statusCode: 404, headers, body: Buffer.from('<html>planted</html>') };
    expect(replyError(reply, 'project p', credentials).what).toBe(
      'SLS, project p: HTTP 404: the body is not the JSON that SLS documents (request R1)',
    );
  });

  it('never contains the secret or the security token, even if SLS repeats them', () => {
    const { what } = errorOf(401, 'SignatureNotMatch', 'signed planted-secret with planted-token');
    expect(what).toBe('SLS, project p: SignatureNotMatch: signed *** with *** (request R1)');
  });

  it('cuts a message that repeats a long query', () => {
    expect(errorOf(400, 'ParameterInvalid', 'x'.repeat(1e6)).what).toHaveLength(
      'SLS, project p: ParameterInvalid:  (request R1)'.length + 1000,
    );
  });
});

describe('unindexedField', () => {
  const fieldOf = (message: string) => unindexedField(errorOf(400, 'ParameterInvalid', message));

  it.each([
    [searchIndex, 'host'],
    [numericIndex, 'request_time'],
    [sqlIndex, 'host'],
    [changedIndex, 'host'],
    [grouping, undefined],
    ['syntax error', undefined],
  ])('finds in %j: %s', (message, field) => {
    expect(fieldOf(message)).toBe(field);
  });

  it('ignores errors with another code', () => {
    expect(unindexedField(new AdapterError('SlsUnavailable', searchIndex))).toBeUndefined();
  });
});
