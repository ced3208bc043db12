/** What an error is: how the parts of the adapter treat it, and what it tells people. */
export interface ErrorEntry {
  /**
   * What the external metrics API answers. Failures of SLS never answer 401 or 403: those would read as if Kubernetes
   * refused the client.
   */
  readonly httpStatus: number;
  /** What the external scaler for KEDA answers, by the HTTP status. */
  readonly grpcStatus: number;
  /** Whether the same SLS query may succeed when it is sent again. */
  readonly retryable: boolean;
  /** Whether it counts towards opening the project's circuit: the project, or SLS as a whole, fails. */
  readonly opensCircuit: boolean;
  /** What SLS does not know, or does not show us. It is asked ever more rarely for it (`sls/project-gates.ts`). */
  readonly absent: 'project' | 'logstore' | undefined;
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

/** Defaults, which entries leave out. */
const usual = {
  retryable: false,
  opensCircuit: false,
  absent: undefined,
  splittable: false,
  countsAs: 'failed',
  logLevel: 'warn',
} as const satisfies Partial<ErrorEntry>;

/** HTTP status → gRPC status. Source: gRPC, "Status codes and their use in gRPC". */
const grpcStatuses = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 5, // NOT_FOUND
  405: 12, // UNIMPLEMENTED
  406: 3,
  429: 8, // RESOURCE_EXHAUSTED
  431: 8,
  500: 13, // INTERNAL
  503: 14, // UNAVAILABLE
  504: 14,
} as const;

const entries = {
  SelectorMalformed: {
    httpStatus: 400,
    when: 'The label selector does not follow the grammar of Kubernetes.',
    remedy: 'Write label=value pairs separated by commas, for example sls.project=P,sls.logstore=L.',
  },
  OperatorUnsupported: {
    httpStatus: 400,
    when: 'The selector uses an operator that has no meaning for that label.',
    remedy:
      'Write label=value; sls.ingress.route also takes "in (a,b)", and sls.ingress.host, method and status take "in", "notin" and "!=".',
  },
  LabelUnknown: {
    httpStatus: 400,
    when: 'The selector names a label that the metric does not have.',
    remedy: 'Remove the label or correct its name.',
  },
  LabelMissing: {
    httpStatus: 400,
    when: 'A required label is missing from the selector and has no configured default.',
    remedy: 'Add the label to the metric selector of the HPA.',
  },
  LabelValueInvalid: {
    httpStatus: 400,
    when: 'The value of a label is out of range, or contradicts another label.',
    remedy: 'Correct the value in the metric selector of the HPA.',
  },
  LabelValueTooLong: {
    httpStatus: 400,
    when: 'A value in the label selector has more than 63 characters, the most that Kubernetes allows.',
    remedy:
      'Give a longer route by its parts, sls.ingress.namespace, sls.ingress.service and sls.ingress.port, and a longer host by an alias of the setting hosts.',
  },
  NamespaceInvalid: {
    httpStatus: 400,
    when: 'The namespace in the URL of the request, or of the command, is not a name that a namespace can have.',
    remedy: 'Write the namespace of the HPA.',
  },
  TriggerInvalid: {
    httpStatus: 400,
    when: 'A trigger of KEDA lacks a key of its metadata, or a value is wrong, or KEDA asks for another metric than it named.',
    remedy: 'Correct the metadata of the trigger in the ScaledObject (docs/keda.md).',
  },
  ParameterInvalid: {
    httpStatus: 400,
    when: 'A query parameter or the URL of the request cannot be read.',
    remedy: 'Correct the URL of the request.',
  },
  Unauthenticated: {
    httpStatus: 401,
    logLevel: 'debug',
    when: 'Neither the client certificate nor the bearer token of the request identifies a user, or the API server did not say whose token it is.',
    remedy:
      'Present a client certificate of the cluster or a valid token, or send the request through the API server.',
  },
  Forbidden: {
    httpStatus: 403,
    logLevel: 'debug',
    when: 'A SubjectAccessReview does not allow the user to do this.',
    remedy: 'Bind a ClusterRole with get and list on external.metrics.k8s.io to the user.',
  },
  AccessDenied: {
    httpStatus: 403,
    logLevel: 'debug',
    when: 'The `access` section of the configuration does not let the namespace read this; SLS was not queried.',
    remedy:
      'Name in the metric selector what the namespace may read, or change access in the configuration of the adapter.',
  },
  TooManyRequests: {
    httpStatus: 429,
    logLevel: 'debug',
    when: 'The client already has its share of the requests that the adapter handles at the same time, or does not read its answers.',
    remedy:
      'Try again in a second, and send fewer requests at the same time; server.maxRequestsInFlight bounds them.',
  },
  LimitExceeded: {
    httpStatus: 429,
    logLevel: 'debug',
    when: 'The namespace reads more different series, logstores or projects than one namespace may (`reading.perNamespace`), or too many of its queries wait for SLS.',
    remedy:
      'Read fewer of them in the namespace, for example all routes with the same labels, or raise the setting that the message names.',
  },
  AuthorizationTimeout: {
    httpStatus: 504,
    when: 'The API server did not answer within 10 s whether the user may do this.',
    remedy: 'Look at the load of the API server and at the network between it and the adapter.',
  },
  AuthorizationUnavailable: {
    httpStatus: 500,
    when: 'The API server failed to answer whether the user may do this.',
    remedy:
      'Check that the API server is up and that the adapter is bound to ClusterRole system:auth-delegator.',
  },
  MetricUnknown: {
    httpStatus: 404,
    when: 'The adapter serves no metric of that name.',
    remedy:
      'Look its name up in docs/metrics.md; kubectl get --raw /apis/external.metrics.k8s.io/v1beta1 lists those that are served.',
  },
  PathUnknown: {
    httpStatus: 404,
    when: 'The adapter serves nothing at that path.',
    remedy: 'Metrics are at /apis/external.metrics.k8s.io/v1beta1/namespaces/NAMESPACE/METRIC.',
  },
  MethodUnsupported: {
    httpStatus: 405,
    logLevel: 'debug',
    when: 'The method is not GET, or the request asks for a watch.',
    remedy: 'Read metrics with GET, without watch.',
  },
  NotAcceptable: {
    httpStatus: 406,
    logLevel: 'debug',
    when: 'The Accept header names no media type that the adapter serves, or only a conversion such as Table, or is longer than 4,096 characters.',
    remedy: 'Add one of the served media types, or */*, to the Accept header.',
  },
  RequestMalformed: {
    httpStatus: 400,
    when: 'The bytes on the connection are not an HTTP request.',
    remedy: 'Send an HTTP/1.1 request over TLS.',
  },
  RequestHeadersTooLarge: {
    httpStatus: 431,
    when: 'The headers of the request are larger than 64 KiB.',
    remedy: 'Send smaller headers.',
  },
  ProjectNotFound: {
    httpStatus: 404,
    absent: 'project',
    when: 'SLS has no such project in that region (ProjectNotExist).',
    remedy: 'Check sls.project, and that the adapter uses the region or endpoint of the project.',
  },
  LogstoreNotFound: {
    httpStatus: 404,
    absent: 'logstore',
    when: 'The project has no such logstore (LogStoreNotExist).',
    remedy: 'Check sls.logstore; on ACK, the logstore of nginx-ingress is named "nginx-ingress".',
  },
  RouteUnseen: {
    httpStatus: 404,
    when: 'On the command line: no request to such a route was logged in the searched time.',
    remedy: 'List the logged routes with: sls-metrics-adapter routes; --since 24h looks further back.',
  },
  RouteTooQuiet: {
    httpStatus: 404,
    when: 'On the command line: the busiest minute of the route had too few requests to choose a target for an HPA.',
    remedy:
      'Survey a busier time (--since 24h), send requests (sls-metrics-adapter loadtest), or write the requests per second that one pod can take.',
  },
  HpaInvalid: {
    httpStatus: 400,
    when: 'On the command line: the API server would refuse the HPA, or the file has no HPA.',
    remedy: 'Correct the field; kubectl apply --dry-run=server checks the whole HPA.',
  },
  HpaUnsuited: {
    httpStatus: 404,
    when: 'On the command line: the HPA has no metric whose past can be replayed.',
    remedy:
      'Choose an HPA with an External metric of the adapter that counts or adds up, such as sls_ingress_qps, and an averageValue.',
  },
  TrafficInvalid: {
    httpStatus: 400,
    when: 'On the command line: the file of counts or the access log cannot be read as traffic.',
    remedy: 'Correct the file; docs/replay.md has an example of each form.',
  },
  TrafficMissing: {
    httpStatus: 404,
    when: 'On the command line: the log has nothing to replay in the given time.',
    remedy: 'Choose a time with traffic (--from, --to or --last), or another route.',
  },
  CredentialsMissing: {
    httpStatus: 503,
    opensCircuit: true,
    when: 'No credentials for SLS were found.',
    remedy:
      'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, give the pod a RAM role (RRSA), or correct the source that the message names (sls.credentials).',
  },
  CredentialsRefused: {
    httpStatus: 503,
    opensCircuit: true,
    when: 'SLS refuses the access key, its signature or its security token: mistyped, unknown, disabled, deleted, expired or invalid. The adapter fetches its credentials again at once, at most every 5 seconds.',
    remedy:
      'Check the access key of the adapter, in the environment or at the source of sls.credentials: it may be deleted, disabled, expired or mistyped.',
  },
  PermissionDenied: {
    httpStatus: 503,
    absent: 'logstore',
    when: 'RAM does not allow the identity of the adapter to query the logstore (Unauthorized, "denied by sts or ram").',
    remedy:
      'Grant log:GetLogStoreLogs on acs:log:*:*:project/PROJECT and on acs:log:*:*:project/PROJECT/logstore/LOGSTORE to the RAM identity of the adapter.',
  },
  AccountSuspended: {
    httpStatus: 503,
    opensCircuit: true,
    when: 'SLS is forbidden for the account or for the project, mostly because of an overdue payment (Unauthorized "Your SLS service has been forbidden", ProjectForbidden).',
    remedy: 'Pay what the Alibaba Cloud account owes; SLS then answers again by itself.',
  },
  ServiceNotActivated: {
    httpStatus: 503,
    opensCircuit: true,
    when: 'The account of the key has never used SLS (InvalidAccessKeyId "Your SLS service has not opened").',
    remedy:
      'Use a key of the account that owns the project. If it is the right account, activate SLS by opening its console once.',
  },
  ProjectForeign: {
    httpStatus: 503,
    absent: 'project',
    when: 'The project belongs to another Alibaba Cloud account than the key (Unauthorized "The project does not belong to you").',
    remedy:
      'Correct sls.project, or give the adapter credentials of the account that owns it (projects[].sls.credentials), such as a role of that account (source assume-role).',
  },
  ClockSkewed: {
    httpStatus: 503,
    when: 'The clock of the adapter is at least 2 s ahead of the clock of SLS, or 30 s behind it (or RequestTimeExpired, RequestTimeTooSkewed).',
    remedy:
      'Set the clock of the node (NTP): with a clock ahead of SLS the adapter would count future seconds, with one behind it old seconds.',
  },
  IndexMissing: {
    httpStatus: 503,
    splittable: true,
    when: 'The logstore, or a field that the metric needs, has no index with statistics.',
    remedy:
      'Add an index for the field, with statistics, in the query settings of the logstore. Or correct its name, if a metric or logColumns of the configuration misspells it.',
  },
  IndexConflict: {
    httpStatus: 503,
    when: 'Two fields in the index of the logstore have the same column name in SQL ("duplicate column conflicts").',
    remedy:
      'Correct the index in the query settings of the logstore: SQL ignores upper and lower case, so remove or rename one of the fields or aliases that differ in nothing else.',
  },
  QueryTooLarge: {
    httpStatus: 503,
    splittable: true,
    when: 'The query needs more memory than SLS gives to one ("Query exceeded max memory size of 3GB").',
    remedy:
      'Read a shorter window (sls.query.interval), or group by fewer values in the SQL of your own metric; dedicated SQL has more memory.',
  },
  QueryRefused: {
    httpStatus: 500,
    splittable: true,
    when: 'SLS refuses the query for another reason (ParameterInvalid, InvalidQueryString, InvalidTimeRange).',
    remedy: 'Run the query in the SLS console; if it works there, report a bug.',
  },
  SlsThrottled: {
    httpStatus: 503,
    retryable: true,
    opensCircuit: true,
    when: 'A quota of SLS is exceeded (Too many queued queries, ServerBusy, any 403 about a quota or limit, such as ReadQuotaExceed).',
    remedy:
      'SLS runs 15 SQL queries at a time in a project, for all clients together. Find the other clients (dashboards, alerts), lower sls.maxConcurrentQueries, or enable dedicated SQL for the project.',
  },
  SlsUnavailable: {
    httpStatus: 503,
    retryable: true,
    opensCircuit: true,
    when: 'SLS cannot be reached, or answers 5xx.',
    remedy:
      'Check sls.region and sls.network (intranet in a VPC, else public), the network path to the endpoint, and the status of SLS in the region.',
  },
  SlsTimeout: {
    httpStatus: 504,
    retryable: true,
    opensCircuit: true,
    when: 'SLS did not answer in time, or its query timed out (RequestTimeout).',
    remedy:
      'Check sls.network (intranet in a VPC, else public) and the network path to the endpoint; a shorter sls.query.interval scans less.',
  },
  SlsIncomplete: {
    httpStatus: 503,
    retryable: true,
    when: 'SLS answered with only a part of the result (progress Incomplete).',
    remedy: 'A shorter sls.query.interval scans less; dedicated SQL scans more in the same time.',
  },
  SlsResultTooLarge: {
    httpStatus: 503,
    when: 'The logstore has 100,000 routes or more, so some may be cut off; or the result is larger than 32 MiB.',
    remedy:
      'Spread the ingresses over several logstores, or read so few routes of this one that the query names them.',
  },
  SlsReplyInvalid: {
    httpStatus: 503,
    retryable: true,
    opensCircuit: true,
    when: 'The answer of SLS is not what its API documents, or contains something other than a number.',
    remedy: 'Check that the endpoint is SLS itself, without a proxy that changes replies.',
  },
  LinesUnreadable: {
    httpStatus: 503,
    when: 'Too many log lines lack the number that the metric needs; the log says how many.',
    remedy:
      'Check that the log format writes that field, and the type and age of its index (docs/metrics.md).',
  },
  LogstoreSilent: {
    httpStatus: 503,
    when: 'Lines came steadily, then the whole logstore stopped at once, or all its lines with a route. Or answered heartbeats are missing. So a count of 0 is believed only after `reading.silence.holdSeconds`.',
    remedy:
      'Check the pods of the collector and of the ingress controller, and the form of the log; if the traffic did end, 0 is read after reading.silence.holdSeconds.',
  },
  WindowEmpty: {
    httpStatus: 503,
    when: 'A metric of `metrics` with `emptyWindow: error` found no log line in the window.',
    remedy:
      'Read a longer window (sls.query.interval), or set emptyWindow: zero for the metric in the configuration.',
  },
  OwnMetricInvalid: {
    httpStatus: 503,
    when: 'The `aggregate` or `sql` of a metric of `metrics` gives null, NaN, infinity or a number below 0 although there are lines.',
    remedy:
      'Correct it in the configuration: lines may lack the number, or it divides by 0 (docs/own-metrics.md).',
  },
  ForecastNotReady: {
    httpStatus: 503,
    logLevel: 'debug',
    when: 'A forecast was read of a route with less than two hours of history, or whose history is still being counted.',
    remedy:
      'Wait; the message says how long. Keep the metric without _forecast beside it in the HPA, which scales meanwhile.',
  },
  ForecastStale: {
    httpStatus: 503,
    when: 'No minute of the last 5 could be counted for a forecast, because SLS fails or the whole logstore is silent.',
    remedy:
      'See the reason in the message, and the readings of the same logstore; the forecast comes back with the next minute that can be counted.',
  },
  DeadlineExceeded: {
    httpStatus: 504,
    when: 'There was no answer within the deadline of a read, retries included.',
    remedy: 'See the last error in the message; reading.deadlineSeconds sets the deadline.',
  },
  Canceled: {
    httpStatus: 503,
    countsAs: 'canceled',
    logLevel: 'debug',
    when: 'The client has gone, or the adapter is stopping.',
    remedy: 'Send the request again.',
  },
  ConfigInvalid: {
    httpStatus: 500,
    when: 'Flags, environment variables or the configuration file are wrong; the message lists all that are wrong. Exit code 2.',
    remedy: 'See --help and docs/configuration.md.',
  },
  AddressInUse: {
    httpStatus: 500,
    when: 'Another process listens on the port. Exit code 1.',
    remedy: 'Stop that process or choose another port; 0 takes any free one.',
  },
  AddressUnusable: {
    httpStatus: 500,
    when: 'The address does not belong to this machine, or the port needs privileges. Exit code 1.',
    remedy: 'Choose an address of this machine, such as 127.0.0.1, and a port above 1023.',
  },
  Internal: {
    httpStatus: 500,
    logLevel: 'error',
    when: 'A fault in the adapter itself.',
    remedy: 'Report a bug, with the log line of the same time.',
  },
} as const satisfies Record<string, Partial<ErrorEntry> & Pick<ErrorEntry, 'httpStatus' | 'when' | 'remedy'>>;

export type ErrorCode = keyof typeof entries;

/** The one registry of errors. `npm run docs` writes the table of `docs/errors.md` from it. */
export const errorRegistry = Object.fromEntries(
  Object.entries(entries).map(([code, listed]) => {
    const entry = { ...usual, ...listed };
    return [code, { ...entry, grpcStatus: grpcStatuses[entry.httpStatus] }];
  }),
) as Readonly<Record<ErrorCode, ErrorEntry>>;

interface AdapterErrorOptions {
  readonly cause?: unknown;
  readonly slsRequestId?: string | undefined;
  /** Default: that of the error registry, as is `retryable`. */
  readonly remedy?: string | undefined;
  readonly retryable?: boolean | undefined;
  /** When the adapter asks SLS again, of an error that it keeps until then. Stands in the message after "; ". */
  readonly again?: string;
}

/**
 * A failure that a user can see. Its message says what was wrong and ends with the remedy. The message of a failure that
 * repeats is always the same, so that Kubernetes folds its events: what differs each time is in the cause, for the log.
 */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
  readonly code: ErrorCode;
  /** The message without `again` and the remedy. */
  readonly what: string;
  readonly remedy: string;
  /** Whether the same SLS query may succeed when it is sent again at once. */
  readonly retryable: boolean;
  /** SLS's ID of the request that failed; undefined if SLS did not answer, or was not asked. */
  readonly slsRequestId: string | undefined;

  /** @param what what was wrong and where, without a full stop; a list of faults has one line per fault */
  constructor(code: ErrorCode, what: string, options: AdapterErrorOptions = {}) {
    const { cause, slsRequestId, remedy = errorRegistry[code].remedy, again } = options;
    super(messageOf(again === undefined ? what : `${what}; ${again}`, remedy), { cause });
    this.code = code;
    this.what = what;
    this.remedy = remedy;
    this.retryable = options.retryable ?? errorRegistry[code].retryable;
    this.slsRequestId = slsRequestId ?? (cause instanceof AdapterError ? cause.slsRequestId : undefined);
    readStacks(this);
  }

  /** The message as a command says it that ends: it never asks again. */
  get lastMessage(): string {
    return messageOf(this.what, this.remedy);
  }

  get httpStatus(): number {
    return errorRegistry[this.code].httpStatus;
  }

  get grpcStatus(): number {
    return errorRegistry[this.code].grpcStatus;
  }
}

/**
 * Lets V8 write the stacks of an error and of its causes as text. Errors are kept, and until then an error holds the calls in its stack and
 * all that they hold: 7 KB for each failure, or a reply of 8 MB.
 */
function readStacks(error: unknown): void {
  if (error instanceof Error && error.stack !== '') readStacks(error.cause);
}

const messageOf = (what: string, remedy: string) => `${what}${what.includes('\n') ? '\n' : '. '}${remedy}`;

/**
 * Returns the thrown value if it is an AdapterError, else `Internal` with the value as its cause. Known failures become
 * AdapterErrors where they come in (for SLS: `src/sls/`), so only faults of the adapter itself are converted here.
 */
export function toAdapterError(thrown: unknown): AdapterError {
  if (thrown instanceof AdapterError) return thrown;
  return new AdapterError('Internal', thrown instanceof Error ? thrown.message : String(thrown), {
    cause: thrown,
  });
}

/**
 * Returns the error of a server that could not listen.
 *
 * @param address `{host}:{port}`
 */
export function toListenError(thrown: unknown, address: string): AdapterError {
  const { code, syscall } = (thrown ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  if (code === 'EADDRINUSE')
    return new AdapterError('AddressInUse', `another process listens on ${address}`, { cause: thrown });
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return toAdapterError(thrown);
  return new AdapterError('AddressUnusable', `cannot listen on ${address} (${String(code)})`, {
    cause: thrown,
  });
}
