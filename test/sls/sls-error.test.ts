import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError, errorRegistry, type ErrorCode } from '../../src/errors.ts';
import { slsErrorRules } from '../../src/sls/sls-error-rules.ts';
import { replyError, ruleOf, unindexedField } from '../../src/sls/sls-error.ts';

const address = { project: 'p', logstore: 'l' };
const credentials = { accessKeyId: 'id', accessKeySecret: 'planted-secret', securityToken: 'planted-token' };
const headers = { 'x-log-requestid': 'R1' };
/** Returns the error of a reply whose body is the documented JSON. */
const errorOf = (statusCode: number, errorCode?: string, errorMessage = 'text of SLS') =>
  replyError(
    { statusCode, headers, body: Buffer.from(JSON.stringify({ errorCode, errorMessage })) },
    address,
    credentials,
  );

const quota = 'Too many queued queries, please retry';
const searchIndex = 'key (host) is not config as key value config,if symbol : is in your log,please wrap it';
const numericIndex = 'key (request_time) is not config as numberic column';
const sqlIndex = "line 1:44: Column 'host' cannot be resolved;please add the column in the index attribute";
const changedIndex =
  "Column 'host' no longer exists or type mismatch;please add the column in the index attribute";
const grouping = "Column 'host' not in GROUP BY clause;please add the column in the index attribute";
const denied =
  'denied by sts or ram, action: log:GetLogStoreLogs, resource: acs:log:cn-x:1:project/p/logstore/l';

const yes = true;
const no = false;

describe('an error reply of SLS', () => {
  // Renewed: whether the adapter fetches its credentials again at once.
  it.each<
    [number, string | undefined, string, ErrorCode, retried: boolean, renewed: boolean, remedy: RegExp]
  >([
    // 400
    [400, 'ParameterInvalid', 'syntax error', 'QueryRefused', no, no, /SLS console.*report a bug/],
    [400, 'InvalidParameter', 'syntax error', 'QueryRefused', no, no, /SLS console/],
    [400, 'InvalidQueryString', '', 'QueryRefused', no, no, /SLS console/],
    [400, 'InvalidTimeRange', '', 'QueryRefused', no, no, /SLS console/],
    [400, 'ParameterInvalid', quota, 'SlsThrottled', yes, no, /15 SQL queries at a time.*dedicated SQL/],
    [400, 'ParameterInvalid', searchIndex, 'IndexMissing', no, no, /Add an index for the field/],
    [400, 'ParameterInvalid', numericIndex, 'IndexMissing', no, no, /Add an index for the field/],
    [400, 'ParameterInvalid', sqlIndex, 'IndexMissing', no, no, /Add an index for the field/],
    [400, 'ParameterInvalid', changedIndex, 'IndexMissing', no, no, /Add an index for the field/],
    [400, 'ParameterInvalid', grouping, 'QueryRefused', no, no, /SLS console/],
    [400, 'IndexConfigNotExist', '', 'IndexMissing', no, no, /[Ii]ndex/],
    [
      400,
      'IndexConfigNotExist',
      'logstore without index config',
      'IndexMissing',
      no,
      no,
      /^Create the index of/,
    ],
    [
      400,
      'ParameterInvalid',
      'Logstore without index config',
      'IndexMissing',
      no,
      no,
      /^Create the index of/,
    ],
    [404, 'SomethingNew', 'logstore without index config', 'IndexMissing', no, no, /^Create the index of/],
    [
      400,
      'ParameterInvalid',
      'duplicate column conflicts',
      'IndexConflict',
      no,
      no,
      /remove or rename one of/,
    ],
    [
      400,
      'ParameterInvalid',
      'Query exceeded max memory size of 3GB',
      'QueryTooLarge',
      no,
      no,
      /shorter window/,
    ],
    [500, 'SomethingNew', 'Query exceeded max memory size of 3GB', 'QueryTooLarge', no, no, /shorter window/],
    [400, 'RequestTimeExpired', '', 'ClockSkewed', no, no, /clock of the node/],
    [400, 'RequestTimeTooSkewed', '', 'ClockSkewed', no, no, /clock of the node/],
    // 401
    [401, 'Unauthorized', denied, 'PermissionDenied', no, no, /project\/PROJECT and on .*logstore\/LOGSTORE/],
    [401, 'Unauthorized', 'denied by sts or ram', 'PermissionDenied', no, no, /^Grant log:GetLogStoreLogs/],
    [401, 'Unauthorized', 'The AccessKeyId is unauthorized.', 'PermissionDenied', no, no, /^Grant/],
    [
      401,
      'Unauthorized',
      'The security token you provided has expired.',
      'CredentialsRefused',
      no,
      yes,
      /by itself/,
    ],
    [
      401,
      'Unauthorized',
      'The security token you provided is invalid',
      'CredentialsRefused',
      no,
      yes,
      /by itself/,
    ],
    [401, 'SecurityTokenExpired', '', 'CredentialsRefused', no, yes, /by itself/],
    [401, 'Unauthorized', 'AccessKeyId not found: LTAI5t', 'CredentialsRefused', no, yes, /RAM console/],
    [401, 'Unauthorized', 'AccessKeyId is disabled: LTAI5t', 'CredentialsRefused', no, yes, /RAM console/],
    [401, 'Unauthorized', 'something new', 'CredentialsRefused', no, yes, /access key of the adapter/],
    [
      401,
      'InvalidAccessKeyId',
      'The access key id you provided is invalid: x',
      'CredentialsRefused',
      no,
      yes,
      /RAM/,
    ],
    [401, 'InvalidAccessKeyId', '', 'CredentialsRefused', no, yes, /access key of the adapter/],
    [
      401,
      'SignatureNotMatch',
      'signature x not match',
      'CredentialsRefused',
      no,
      yes,
      /secret does not belong/,
    ],
    [401, 'Unauthorized', 'Your SLS service has been forbidden.', 'AccountSuspended', no, no, /^Pay what/],
    [
      401,
      'Unauthorized',
      'The project does not belong to you',
      'ProjectForeign',
      no,
      no,
      /account that owns it/,
    ],
    [
      401,
      'InvalidAccessKeyId',
      'Your SLS service has not opened.',
      'ServiceNotActivated',
      no,
      no,
      /activate SLS/,
    ],
    // 403
    [403, 'ProjectForbidden', '', 'AccountSuspended', no, no, /project in the SLS console/],
    [403, 'ReadQuotaExceed', '', 'SlsThrottled', yes, no, /raise its quota/],
    [
      403,
      'ShardReadQuotaExceed',
      'shard read qps exceed quota limits',
      'SlsThrottled',
      yes,
      no,
      /raise its quota/,
    ],
    [403, 'MetaOperationQpsLimitExceeded', '', 'SlsThrottled', yes, no, /raise its quota/],
    [403, 'SomethingNew', 'the quota of the project is used up', 'SlsThrottled', yes, no, /raise its quota/],
    [403, 'SomethingExceeded', '', 'SlsThrottled', yes, no, /raise its quota/],
    [
      403,
      'NoPermission',
      denied.replace('project/p/', 'project/quota/'),
      'PermissionDenied',
      no,
      no,
      /^Grant/,
    ],
    // 404, 5xx
    [404, 'ProjectNotExist', '', 'ProjectNotFound', no, no, /Check sls\.project/],
    [404, 'ProjectNotExists', '', 'ProjectNotFound', no, no, /Check sls\.project/],
    [404, 'LogStoreNotExist', '', 'LogstoreNotFound', no, no, /Check sls\.logstore/],
    [404, 'LogstoreNotExist', '', 'LogstoreNotFound', no, no, /Check sls\.logstore/],
    [
      400,
      'ParameterInvalid',
      'logstore nginx does not exist',
      'LogstoreNotFound',
      no,
      no,
      /Check sls\.logstore/,
    ],
    [500, 'InternalServerError', '', 'SlsUnavailable', yes, no, /network path/],
    [500, 'RequestTimeout', '', 'SlsTimeout', yes, no, /network path/],
    [503, 'ServerBusy', '', 'SlsThrottled', yes, no, /SLS is busy/],
    // Without a rule.
    [503, 'SomethingNew', '', 'SlsUnavailable', yes, no, /network path/],
    [429, 'SomethingNew', '', 'SlsThrottled', yes, no, /dedicated SQL/],
    [429, undefined, '', 'SlsThrottled', yes, no, /dedicated SQL/],
    [401, 'SomethingNew', '', 'CredentialsRefused', no, yes, /access key of the adapter/],
    [403, 'SomethingNew', '', 'PermissionDenied', no, no, /^Grant/],
    [400, 'SomethingNew', '', 'QueryRefused', no, no, /report a bug/],
    [502, undefined, '', 'SlsUnavailable', yes, no, /network path/],
    [404, undefined, '', 'SlsReplyInvalid', yes, no, /without a proxy/],
    [400, 'constructor', '', 'QueryRefused', no, no, /report a bug/],
    [500, '__proto__', '', 'SlsUnavailable', yes, no, /network path/],
  ])(
    'with status %i, code %s and message %j is %s',
    (statusCode, errorCode, message, code, retried, renewed, remedy) => {
      const error = errorOf(statusCode, errorCode, message);
      expect(error.code).toBe(code);
      expect(error.retryable).toBe(retried);
      expect(error.code === 'CredentialsRefused').toBe(renewed);
      expect(error.remedy).toMatch(remedy);
      expect(error.message.endsWith(`. ${error.remedy}`)).toBe(true);
    },
  );

  it('is never called a bug of the adapter if a rule knows it, but for a query that SLS cannot parse', () => {
    const bugs = slsErrorRules.filter(({ means, remedy }) =>
      (remedy ?? errorRegistry[means].remedy).includes('bug'),
    );
    expect(bugs.map(({ means }) => means)).toEqual(['QueryRefused']);
  });

  it.each(slsErrorRules.flatMap((rule) => rule.examples.map((example) => [...example, rule] as const)))(
    'with status %i, code %s and message %j is known by its own rule',
    (statusCode, errorCode, errorMessage, rule) => {
      expect(ruleOf({ statusCode, errorCode, errorMessage })).toBe(rule);
    },
  );

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
});

describe('the message of an error reply', () => {
  it('says where, what was wrong, and what to do; the cause has the whole text for the log', () => {
    const error = errorOf(401, 'Unauthorized', 'denied by ram. ');
    expect(error.message).toBe(
      `SLS, project p, logstore l: Unauthorized: denied by ram. ${errorRegistry.PermissionDenied.remedy}`,
    );
    expect(error.slsRequestId).toBe('R1');
    expect(error.cause).toEqual(new Error('SLS answered 401 Unauthorized: denied by ram'));
  });

  it('names the project alone if the failure is that of the whole project', () => {
    expect(errorOf(404, 'ProjectNotExist', '').what).toBe('SLS, project p: ProjectNotExist');
    expect(errorOf(404, 'LogStoreNotExist', '').what).toBe('SLS, project p, logstore l: LogStoreNotExist');
  });

  it.each([
    ['Signature d40d2b6736489ef22b0b407eda4125717d40fdb6 is not matched.', 'Signature … is not matched'],
    ['signature hCLPR0CF0MFKyQHBCD5GuX4wSqc= not match', 'signature … not match'],
    [
      'Request time Fri, 22 Jul 2022 03:30:07 GMT has been expired while server time is 2022-07-22T03:45:08Z.',
      'Request time … has been expired while server time is …',
    ],
    ['AccessKeyId not found: STS.NUg7pQ', 'AccessKeyId not found: …'],
    ['AccessKeyId not found: LTAI5tExample', 'AccessKeyId not found: LTAI5tExample'],
    ['time 1658460607 of request 62DA0F7F1234567890ABCDEF', 'time … of request …'],
    [denied, denied],
    [
      'Project k8s-log-c0123456789abcdef0123456789abcdef',
      'Project k8s-log-c0123456789abcdef0123456789abcdef',
    ],
  ])('keeps of %j what stays the same from reply to reply', (errorMessage, expected) => {
    expect(errorOf(404, 'Code', errorMessage).what).toBe(`SLS, project p, logstore l: Code: ${expected}`);
    expect((errorOf(401, 'Code', errorMessage).cause as Error).message).toContain(
      errorMessage.replace(/\.$/, ''),
    );
  });

  it('shows the status if SLS sent no code', () => {
    const reply = { statusCode: 502, headers: {}, body: Buffer.from('{}') };
    expect(replyError(reply, address, credentials).what).toBe('SLS, project p: HTTP 502');
  });

  it('says that a body is not JSON, and repeats nothing of it', () => {
    const reply = { statusCode: 404, headers, body: Buffer.from('<html>planted</html>') };
    expect(replyError(reply, address, credentials).what).toBe(
      'SLS, project p: HTTP 404: the body is not the JSON that SLS documents',
    );
  });

  it('never contains the secret or the security token, even if SLS repeats them', () => {
    const { what, cause } = errorOf(401, 'SignatureNotMatch', 'signed planted-secret with planted-token');
    expect(what).toBe('SLS, project p: SignatureNotMatch: signed *** with ***');
    expect(String(cause)).not.toContain('planted');
  });

  it('cuts a message that repeats a long query', () => {
    expect(errorOf(400, 'ParameterInvalid', 'x'.repeat(1e6)).what).toHaveLength(
      'SLS, project p, logstore l: ParameterInvalid: '.length + 1000,
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
