/** What an error is, whatever its code: how each part of the adapter treats it, and what it tells people. */
export interface ErrorEntry {
  /**
   * What the external metrics API answers. Failures of SLS never answer 401 or 403: those would read as if Kubernetes
   * refused the client.
   */
  readonly httpStatus: number;
  /** Whether the same SLS query may succeed when it is sent again. */
  readonly retryable: boolean;
  /** Whether it counts towards opening the project's circuit: the project, or SLS as a whole, fails. */
  readonly opensCircuit: boolean;
  /** Whether only a part of a query may be at fault, so that its parts are worth asking one by one. */
  readonly splittable: boolean;
  /** How self-metrics count an SLS query that ended with it. */
  readonly countsAs: 'failed' | 'canceled';
  /**
   * `debug`: the client was told. `warn`: the operator can fix it, which includes a 400 or 404 that an HPA repeats
   * until its labels are fixed. `error`: a fault of the adapter.
   */
  readonly logLevel: 'debug' | 'warn' | 'error';
  /** The cause, for the docs. */
  readonly when: string;
  /** What the reader of the message can do; every message ends with it. */
  readonly remedy: string;
}

/** What an entry need not say. */
const usual = {
  retryable: false,
  opensCircuit: false,
  splittable: false,
  countsAs: 'failed',
  logLevel: 'warn',
} as const satisfies Partial<ErrorEntry>;

type ListedEntry = Omit<ErrorEntry, keyof typeof usual> & Partial<ErrorEntry>;

const entries = {
  SelectorMalformed: {
    httpStatus: 400,
    when: 'The label selector does not follow the grammar of Kubernetes.',
    remedy: 'Write label=value pairs separated by commas, for example sls.project=P,sls.logstore=L.',
  },
  OperatorUnsupported: {
    httpStatus: 400,
    when: 'The selector uses an operator that has no meaning for that label.',
    remedy: 'Write label=value; only sls.ingress.route also takes "in (a,b)".',
  },
  LabelUnknown: {
    httpStatus: 400,
    when: 'The selector names a label that the metric does not have.',
    remedy: 'Remove the label or correct its name.',
  },
  LabelMissing: {
    httpStatus: 400,
    when: 'A required label is neither in the selector nor has a configured default.',
    remedy: 'Add the label to the metric selector of the HPA.',
  },
  LabelValueInvalid: {
    httpStatus: 400,
    when: 'The value of a label is out of range, or contradicts another label.',
    remedy: 'Correct the value in the metric selector of the HPA.',
  },
  ParameterInvalid: {
    httpStatus: 400,
    when: 'A query parameter or the URL of the request cannot be read.',
    remedy: 'Correct the URL of the request.',
  },
  Unauthenticated: {
    httpStatus: 401,
    logLevel: 'debug',
    when: 'The client certificate or bearer token of the request stands for no user.',
    remedy: 'Present a client certificate of the cluster or a valid token, or ask through the API server.',
  },
  Forbidden: {
    httpStatus: 403,
    logLevel: 'debug',
    when: 'The asker may not do this, by a SubjectAccessReview.',
    remedy: 'Bind a ClusterRole with get and list on external.metrics.k8s.io to the asker.',
  },
  AccessDenied: {
    httpStatus: 403,
    logLevel: 'debug',
    when: 'The namespace may not read that by the `access` section of the configuration; SLS was not asked.',
    remedy:
      'Name in the metric selector what the namespace may read, or change access in the configuration of the adapter.',
  },
  TooManyRequests: {
    httpStatus: 429,
    logLevel: 'debug',
    when: 'As many requests are being answered as the adapter takes at a time.',
    remedy: 'Ask again in a second; more replicas of the adapter answer more.',
  },
  AuthorizationUnavailable: {
    httpStatus: 500,
    when: 'The API server does not say whether the asker may do this.',
    remedy:
      'Check that the API server is up and that the adapter is bound to ClusterRole system:auth-delegator.',
  },
  MetricUnknown: {
    httpStatus: 404,
    when: 'No metric of that name is served.',
    remedy: 'List the served metrics with: kubectl get --raw /apis/external.metrics.k8s.io/v1beta1',
  },
  PathUnknown: {
    httpStatus: 404,
    when: 'Nothing is served at that path.',
    remedy: 'Metrics are at /apis/external.metrics.k8s.io/v1beta1/namespaces/NAMESPACE/METRIC.',
  },
  MethodUnsupported: {
    httpStatus: 405,
    logLevel: 'debug',
    when: 'The method is not GET, or a watch was asked for.',
    remedy: 'Metrics can only be read with GET, without watch.',
  },
  NotAcceptable: {
    httpStatus: 406,
    logLevel: 'debug',
    when: 'The Accept header names no media type that is served, or only a conversion such as Table.',
    remedy: 'Name one of them in the Accept header, or add */* to it.',
  },
  RequestMalformed: {
    httpStatus: 400,
    when: 'The bytes on the connection are not an HTTP request.',
    remedy: 'Send an HTTP/1.1 request over TLS.',
  },
  RequestHeadersTooLarge: {
    httpStatus: 431,
    when: 'The headers of the request exceed 64 KiB.',
    remedy: 'Send smaller headers.',
  },
  ProjectNotFound: {
    httpStatus: 404,
    opensCircuit: true,
    when: 'SLS has no such project in that region (ProjectNotExist).',
    remedy: 'Check sls.project, and that the region or endpoint of the adapter is the one of the project.',
  },
  LogstoreNotFound: {
    httpStatus: 404,
    when: 'The project has no such logstore (LogStoreNotExist).',
    remedy: 'Check sls.logstore; ACK names the one of nginx-ingress "nginx-ingress".',
  },
  RouteUnseen: {
    httpStatus: 404,
    when: 'No request to such a route was logged in the time that was looked at (command line).',
    remedy: 'List what was logged with: sls-metrics-adapter routes; --since 24h looks further back.',
  },
  CredentialsMissing: {
    httpStatus: 503,
    opensCircuit: true,
    when: 'No credentials for SLS were found.',
    remedy:
      'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or give the pod a RAM role (RRSA).',
  },
  CredentialsRefused: {
    httpStatus: 503,
    opensCircuit: true,
    when: 'SLS refuses the key or its signature (InvalidAccessKeyId, SignatureNotMatch).',
    remedy: 'Check the access key of the adapter: it may be deleted, disabled, expired or mistyped.',
  },
  PermissionDenied: {
    httpStatus: 503,
    when: 'The RAM identity may not query the logstore (Unauthorized, ProjectForbidden).',
    remedy:
      'Allow log:GetLogStoreLogs on acs:log:*:*:project/PROJECT/logstore/LOGSTORE to the RAM identity of the adapter.',
  },
  ClockSkewed: {
    httpStatus: 503,
    when: 'The clock of the adapter is 2 s ahead of that of SLS, or 30 s behind (or RequestTimeExpired).',
    remedy:
      'Set the clock of the node (NTP): ahead of SLS it would count seconds to come, behind it old ones.',
  },
  IndexMissing: {
    httpStatus: 503,
    splittable: true,
    when: 'The logstore, or a field that the metric needs, has no index with statistics.',
    remedy: 'Add the field index, with statistics, in the query settings of the logstore.',
  },
  QueryRefused: {
    httpStatus: 500,
    splittable: true,
    when: 'SLS refuses the query for another reason (ParameterInvalid, InvalidQueryString, InvalidTimeRange).',
    remedy: 'Run the query in the SLS console; if it should work, report it as a bug.',
  },
  SlsThrottled: {
    httpStatus: 503,
    retryable: true,
    opensCircuit: true,
    when: 'SLS is over a quota (Too many queued queries, ReadQuotaExceed, ServerBusy).',
    remedy: 'Run fewer SQL queries on the project, or enable dedicated SQL for it.',
  },
  SlsUnavailable: {
    httpStatus: 503,
    retryable: true,
    opensCircuit: true,
    when: 'SLS cannot be reached, or answers 5xx.',
    remedy: 'Check the network path from the pod to the endpoint, and the status of SLS in the region.',
  },
  SlsTimeout: {
    httpStatus: 504,
    retryable: true,
    opensCircuit: true,
    when: 'SLS did not answer in time, or gave up itself (RequestTimeout).',
    remedy: 'Check the network path to the endpoint; a shorter sls.query.interval scans less.',
  },
  SlsIncomplete: {
    httpStatus: 503,
    retryable: true,
    when: 'SLS answered with a part of the result only (progress Incomplete).',
    remedy: 'A shorter sls.query.interval scans less; dedicated SQL scans more in the same time.',
  },
  SlsResultTooLarge: {
    httpStatus: 503,
    when: 'The logstore has as many routes as SLS gives rows (1,000,000), so that some may be cut off, or their result has over 64 MiB.',
    remedy:
      'Spread the ingresses over several logstores, or read fewer routes of this one: few are counted by name.',
  },
  SlsReplyInvalid: {
    httpStatus: 503,
    retryable: true,
    opensCircuit: true,
    when: 'The answer of SLS is not what its API documents, or holds something other than a number.',
    remedy: 'Check that the endpoint is SLS itself, with no proxy that rewrites.',
  },
  LinesUnreadable: {
    httpStatus: 503,
    when: 'Too many log lines lack the number that the metric is made of; the message counts them.',
    remedy:
      'Check that the log format writes that field, and the age and type of its index (docs/metrics.md).',
  },
  WindowEmpty: {
    httpStatus: 503,
    when: 'The window has no log line of a metric of `metrics` whose `emptyWindow` is `error`.',
    remedy:
      'Read a longer window (sls.query.interval), or say in the configuration what it means: emptyWindow: zero.',
  },
  OwnMetricInvalid: {
    httpStatus: 503,
    when: 'The `aggregate` or `sql` of a metric of `metrics` gives null, NaN, infinity or less than 0 where there are lines.',
    remedy: 'Mend it in the configuration: lines without the number, a division by 0 (docs/own-metrics.md).',
  },
  CircuitOpen: {
    httpStatus: 503,
    when: 'Several SLS queries of the project failed in a row, so that none is sent for a while.',
    remedy: 'Mend what the last failure names; SLS is tried again by itself.',
  },
  DeadlineExceeded: {
    httpStatus: 504,
    when: 'No answer within the deadline of a read, retries included.',
    remedy: 'The cause of the last attempt is in the message; the deadline is reading.deadlineSeconds.',
  },
  Canceled: {
    httpStatus: 503,
    countsAs: 'canceled',
    logLevel: 'debug',
    when: 'Whoever asked has gone, or the adapter is stopping.',
    remedy: 'Ask again.',
  },
  ConfigInvalid: {
    httpStatus: 500,
    when: 'Flags, environment or configuration file are wrong; every fault is listed at once. Exit code 2.',
    remedy: 'See --help and docs/configuration.md.',
  },
  AddressInUse: {
    httpStatus: 500,
    when: 'Another process listens on the port. Exit code 1.',
    remedy: 'Stop that process or choose another port; 0 takes any free one.',
  },
  AddressUnusable: {
    httpStatus: 500,
    when: 'The address is not one of this machine, or the port needs privileges. Exit code 1.',
    remedy: 'Choose an address of this machine, such as 127.0.0.1, and a port above 1023.',
  },
  Internal: {
    httpStatus: 500,
    logLevel: 'error',
    when: 'A fault in the adapter itself.',
    remedy: 'Report it with the log line of the same time.',
  },
} as const satisfies Record<string, ListedEntry>;

export type ErrorCode = keyof typeof entries;

/** The one registry of errors. `npm run docs` writes the table of `docs/errors.md` from it. */
export const errorRegistry = Object.fromEntries(
  Object.entries(entries).map(([code, entry]) => [code, { ...usual, ...entry }]),
) as Readonly<Record<ErrorCode, ErrorEntry>>;

/** Every failure that a user can meet. The message says what was wrong and ends with the remedy. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
  readonly code: ErrorCode;
  /** The message without the remedy. */
  readonly what: string;
  /** What SLS calls the request that failed, where it is one of SLS and was answered. */
  readonly slsRequestId: string | undefined;

  /** @param what what was wrong and where, without a full stop; a list of faults has a line for each */
  constructor(
    code: ErrorCode,
    what: string,
    options: { readonly cause?: unknown; readonly slsRequestId?: string | undefined } = {},
  ) {
    super(`${what}${what.includes('\n') ? '\n' : '. '}${errorRegistry[code].remedy}`, options);
    this.code = code;
    this.what = what;
    const { cause, slsRequestId } = options;
    this.slsRequestId = slsRequestId ?? (cause instanceof AdapterError ? cause.slsRequestId : undefined);
  }

  get httpStatus(): number {
    return errorRegistry[this.code].httpStatus;
  }

  get retryable(): boolean {
    return errorRegistry[this.code].retryable;
  }
}

/** Any thrown value as an AdapterError; what is none becomes `Internal` with the original as its cause. */
export function toAdapterError(thrown: unknown): AdapterError {
  if (thrown instanceof AdapterError) return thrown;
  return new AdapterError('Internal', thrown instanceof Error ? thrown.message : String(thrown), {
    cause: thrown,
  });
}

/**
 * Why a server could not listen.
 *
 * @param address `{host}:{port}`
 */
export function toListenError(thrown: unknown, address: string): AdapterError {
  const { code, syscall } = (thrown ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  if (code === 'EADDRINUSE')
    return new AdapterError('AddressInUse', `${address} is taken`, { cause: thrown });
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return toAdapterError(thrown);
  return new AdapterError('AddressUnusable', `cannot listen on ${address} (${String(code)})`, {
    cause: thrown,
  });
}
