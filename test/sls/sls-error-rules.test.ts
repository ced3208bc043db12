import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorRegistry, type ErrorCode } from '../../src/errors.ts';
import { slsErrorRules } from '../../src/sls/sls-error-rules.ts';
import { ruleOf } from '../../src/sls/sls-error.ts';
import { denied, errorOf, indexMessages } from './error-replies.ts';

const { searchIndex, numericIndex, sqlIndex, changedIndex, grouping } = indexMessages;
const quota = 'Too many queued queries, please retry';

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

  it('about a key names every place that a key may come from', () => {
    const remedies = slsErrorRules
      .filter(({ means }) => means === 'CredentialsRefused')
      .map(({ means, remedy }) => remedy ?? errorRegistry[means].remedy)
      .filter((remedy) => !remedy.includes('renews the token'));
    expect(remedies.length).toBe(3);
    for (const remedy of remedies)
      expect(remedy).toMatch(/environment.*(source: secret-file|sls\.credentials)/);
    expect(errorRegistry.CredentialsMissing.remedy).toMatch(/ACCESS_KEY_SECRET.*sls\.credentials/);
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

  it.each(['key (', "column '", 'logstore ', 'no '])(
    'takes no long time to judge, even 64 KiB of %j: a search from each of them to the end took a second',
    (text) => {
      const before = process.threadCpuUsage().user;
      errorOf(400, 'ParameterInvalid', text.repeat(65_536 / text.length));
      expect(process.threadCpuUsage().user - before).toBeLessThan(200_000);
    },
  );
});
