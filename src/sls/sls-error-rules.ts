import type { ErrorCode } from '../errors.ts';

/** An error reply of SLS, as far as it decides what the error means. */
export interface SlsRefusal {
  readonly statusCode: number;
  /** Undefined if the body is not the documented JSON but, for example, the page of a proxy. */
  readonly errorCode: string | undefined;
  readonly errorMessage: string;
}

/** What one kind of error reply means. */
export interface SlsErrorRule {
  readonly means: ErrorCode;
  /** HTTP status, errorCode and errorMessage as SLS sends them: documented examples, for the docs and the tests. */
  readonly examples: readonly (readonly [number, string, string])[];
  /** The errorCodes that it takes, whatever their case. Default: any. */
  readonly codes?: readonly string[];
  readonly statusCode?: number;
  /** Part of the message. Default: any. */
  readonly message?: RegExp;
  /** Part of the message or of the errorCode. Default: any. */
  readonly text?: RegExp;
  /** What to do, where the remedy of the error registry is too general. */
  readonly remedy?: string;
}

/**
 * How SLS says that a field has no index, or one of the wrong type: the first comes from the search (the misspelling is
 * SLS's), the second from the SQL. Source: SLS, "FAQ about query and analysis".
 */
export const missingIndexPatterns = [
  /key \((?<field>[^()]*)\) is not config as (key value config|numberic column)/i,
  /column '(?<field>[^']*)' (cannot be resolved|no longer exists or type mismatch)/i,
];

/** True for every source of a key: which one it is, only the configuration says. */
const whereKeysAre =
  'where the adapter reads its key: in the environment, as ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or in the files access-key-id and access-key-secret of a Secret (source: secret-file).';

const renewedByItself =
  'The adapter fetches its credentials again by itself, at most every 5 seconds. If this lasts, nothing renews the token. Use RRSA, an ECS role or a Secret that is kept up to date (docs/configuration.md).';

/**
 * Every error reply of SLS that is known to mean something, and what it means. The first rule that applies counts, so a
 * message comes before the errorCode that it is sent with. What no rule knows is judged by its status (`sls-error.ts`).
 *
 * Sources: SLS, "Common error codes", "GetLogs", "FAQ about query and analysis"; the table of Alibaba Cloud's own CLI;
 * tests of the Go and Java SDKs.
 */
export const slsErrorRules: readonly SlsErrorRule[] = [
  // Messages that SLS sends with a code that says nothing, mostly ParameterInvalid.
  {
    means: 'SlsThrottled',
    message: /too many queued queries/i,
    examples: [
      [400, 'ParameterInvalid', 'Too many queued queries for "p", user can only run 15 query concurrently'],
    ],
  },
  {
    means: 'IndexMissing',
    message: new RegExp(
      missingIndexPatterns.map(({ source }) => source.replaceAll('?<field>', '')).join('|'),
      'i',
    ),
    examples: [
      [
        400,
        'ParameterInvalid',
        'key (host) is not config as key value config,if symbol : is in your log,please wrap it',
      ],
      [400, 'ParameterInvalid', 'key (request_time) is not config as numberic column'],
      [
        400,
        'ParameterInvalid',
        "line 1:44: Column 'host' cannot be resolved;please add the column in the index attribute",
      ],
      [
        400,
        'ParameterInvalid',
        "Column 'host' no longer exists or type mismatch;please add the column in the index attribute",
      ],
    ],
  },
  {
    means: 'IndexMissing',
    message: /logstore without index config/i,
    remedy:
      'Create the index of the logstore, with statistics for its fields, in the SLS console (Query & Analysis Attributes). It covers only lines that arrive afterwards.',
    examples: [
      [400, 'IndexConfigNotExist', 'logstore without index config'],
      [400, 'ParameterInvalid', 'logstore without index config'],
    ],
  },
  {
    means: 'IndexConflict',
    message: /duplicate column conflicts/i,
    examples: [[400, 'ParameterInvalid', 'duplicate column conflicts, please check your index config']],
  },
  {
    means: 'QueryTooLarge',
    message: /exceeded max memory size/i,
    examples: [[400, 'ParameterInvalid', 'Query exceeded max memory size of 3GB']],
  },
  {
    means: 'LogstoreNotFound',
    message: /logstore \S+ does not exist/i,
    examples: [
      [404, 'LogStoreNotExist', 'logstore nginx does not exist'],
      [400, 'ParameterInvalid', 'logstore nginx does not exist'],
    ],
  },
  // What is wrong with the account.
  {
    means: 'AccountSuspended',
    message: /service has been forbidden/i,
    examples: [[401, 'Unauthorized', 'Your SLS service has been forbidden.']],
  },
  {
    means: 'AccountSuspended',
    codes: ['ProjectForbidden'],
    remedy:
      'Look at the project in the SLS console: it is disabled. Pay what the Alibaba Cloud account owes, or ask its support to enable the project.',
    examples: [[403, 'ProjectForbidden', 'The Project has been forbidden']],
  },
  {
    means: 'ProjectForeign',
    message: /project does not belong to you/i,
    examples: [[401, 'Unauthorized', 'The project does not belong to you.']],
  },
  {
    means: 'ServiceNotActivated',
    message: /service has not (been )?open/i,
    examples: [[401, 'InvalidAccessKeyId', 'Your SLS service has not opened.']],
  },
  // What is wrong with the key or its token. The adapter fetches its credentials again.
  {
    means: 'CredentialsRefused',
    text: /security ?token/i,
    remedy: renewedByItself,
    examples: [
      [401, 'Unauthorized', 'The security token you provided has expired.'],
      [401, 'Unauthorized', 'The security token you provided is invalid.'],
      [401, 'SecurityTokenExpired', 'The security token has expired.'],
    ],
  },
  {
    means: 'CredentialsRefused',
    message: /accesskeyid (not found|is disabled)|access key id you provided is invalid/i,
    remedy: `The key ID does not exist, or it is disabled or deleted. Look it up in the RAM console, and enable it. Or write another key ${whereKeysAre}`,
    examples: [
      [401, 'Unauthorized', 'AccessKeyId not found: LTAI5texample'],
      [401, 'Unauthorized', 'AccessKeyId is disabled: LTAI5texample'],
      [401, 'InvalidAccessKeyId', 'The access key id you provided is invalid: LTAI5texample.'],
    ],
  },
  {
    means: 'CredentialsRefused',
    codes: ['SignatureNotMatch'],
    remedy: `The secret does not belong to this key ID. Write both again, without quotes or spaces around them, ${whereKeysAre}`,
    examples: [
      [401, 'SignatureNotMatch', 'Signature d40d2b6736489ef22b0b407eda4125717d40fdb6 is not matched.'],
    ],
  },
  {
    means: 'CredentialsRefused',
    codes: ['InvalidAccessKeyId'],
    examples: [[401, 'InvalidAccessKeyId', 'The AccessKeyId is wrong.']],
  },
  // What the key may not do.
  {
    means: 'PermissionDenied',
    message: /denied by|is unauthorized|not authorized|no (authority|permission)/i,
    examples: [
      [
        401,
        'Unauthorized',
        'denied by sts or ram, action: log:GetLogStoreLogs, resource: acs:log:cn-hangzhou:1234567890123456:project/p/logstore/l',
      ],
      [401, 'Unauthorized', 'The AccessKeyId is unauthorized.'],
    ],
  },
  // Throttling: any 403 that speaks of a quota or a limit, and ServerBusy.
  {
    means: 'SlsThrottled',
    statusCode: 403,
    text: /quota|exceed/i,
    remedy:
      'Other clients call SLS too often: find what else reads this project, or raise its quota in the SLS console (Resource Quotas).',
    examples: [
      [403, 'ReadQuotaExceed', 'Read quota is exceeded.'],
      [403, 'ShardReadQuotaExceed', 'shard read qps exceed quota limits'],
      [403, 'MetaOperationQpsLimitExceeded', 'Qps limit for the meta operation is exceeded.'],
    ],
  },
  {
    means: 'SlsThrottled',
    codes: ['ServerBusy', 'ReadQuotaExceed', 'ShardReadQuotaExceed', 'MetaOperationQpsLimitExceeded'],
    remedy: 'SLS is busy. If this lasts, look at the status of SLS in the region.',
    examples: [[503, 'ServerBusy', 'The server is busy, please try again later.']],
  },
  // The clock, the names, SLS itself, and the query.
  {
    means: 'ClockSkewed',
    codes: ['RequestTimeExpired', 'RequestTimeTooSkewed'],
    examples: [
      [
        400,
        'RequestTimeExpired',
        'Request time Fri, 22 Jul 2022 03:30:07 GMT has been expired while server time is Fri, 22 Jul 2022 04:30:07 GMT.',
      ],
      [400, 'RequestTimeTooSkewed', 'Request time exceeds server time more than 15 minutes.'],
    ],
  },
  {
    means: 'ProjectNotFound',
    codes: ['ProjectNotExist', 'ProjectNotExists'],
    examples: [
      [404, 'ProjectNotExist', 'The Project does not exist : k8s-log-c1'],
      [404, 'ProjectNotExists', 'Project k8s-log-c1 does not exist.'],
    ],
  },
  {
    means: 'LogstoreNotFound',
    codes: ['LogStoreNotExist', 'LogStoreNotExists'],
    examples: [[404, 'LogStoreNotExist', 'The LogStore does not exist']],
  },
  { means: 'IndexMissing', codes: ['IndexConfigNotExist'], examples: [[400, 'IndexConfigNotExist', '']] },
  {
    means: 'SlsTimeout',
    codes: ['RequestTimeout'],
    examples: [[500, 'RequestTimeout', 'The request is timeout. Please try again later.']],
  },
  {
    means: 'SlsUnavailable',
    codes: ['InternalServerError'],
    examples: [[500, 'InternalServerError', 'Internal server error.']],
  },
  {
    means: 'QueryRefused',
    codes: ['ParameterInvalid', 'InvalidParameter', 'InvalidQueryString', 'InvalidTimeRange'],
    examples: [
      [400, 'ParameterInvalid', 'syntax error near "select"'],
      [400, 'InvalidQueryString', 'query string is invalid'],
      [400, 'InvalidTimeRange', 'request time range is invalid'],
    ],
  },
];
