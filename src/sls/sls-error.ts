import { AdapterError, type ErrorCode } from '../errors.ts';

/** The error of an SLS reply, as far as it says one. Source: SLS, "Common error codes". */
export interface SlsFailure {
  readonly statusCode: number;
  /** Undefined where the body is not the documented JSON: a proxy, or a load balancer's own page. */
  readonly errorCode: string | undefined;
  readonly errorMessage: string;
  readonly requestId: string | undefined;
}

const codes: ReadonlyMap<string, ErrorCode> = new Map([
  ['ProjectNotExist', 'ProjectNotFound'],
  ['LogStoreNotExist', 'LogstoreNotFound'],
  ['IndexConfigNotExist', 'IndexMissing'],
  ['SignatureNotMatch', 'CredentialsRefused'],
  ['InvalidAccessKeyId', 'CredentialsRefused'],
  ['SecurityTokenExpired', 'CredentialsRefused'],
  ['Unauthorized', 'PermissionDenied'],
  ['ProjectForbidden', 'PermissionDenied'],
  ['RequestTimeExpired', 'ClockSkewed'],
  ['ReadQuotaExceed', 'SlsThrottled'],
  ['ServerBusy', 'SlsThrottled'],
  ['RequestTimeout', 'SlsTimeout'],
  ['InternalServerError', 'SlsUnavailable'],
  ['ParameterInvalid', 'QueryRefused'],
  ['InvalidParameter', 'QueryRefused'],
  ['InvalidQueryString', 'QueryRefused'],
  ['InvalidTimeRange', 'QueryRefused'],
]);

/** SLS may repeat the whole query in a message, and a query may name thousands of routes. */
const maxMessageLength = 1000;

/**
 * A field without an index, or with one of the wrong type: refused by the search (the misspelling is SLS's), or by
 * the SQL. Source: SLS, "FAQ about query and analysis".
 */
const missingIndexPatterns = [
  /key \((?<field>[^)]*)\) is not config as (key value config|numberic column)/i,
  /column '(?<field>[^']*)' (cannot be resolved|no longer exists or type mismatch)/i,
];

export function classifySlsFailure({ statusCode, errorCode, errorMessage }: SlsFailure): ErrorCode {
  // Two causes share the code ParameterInvalid with real mistakes in a query and are told apart by their text.
  if (/too many queued queries/i.test(errorMessage)) return 'SlsThrottled';
  if (missingIndexPatterns.some((pattern) => pattern.test(errorMessage))) return 'IndexMissing';
  const known = errorCode === undefined ? undefined : codes.get(errorCode);
  if (known !== undefined) return known;
  if (statusCode === 429) return 'SlsThrottled';
  if (statusCode >= 500) return 'SlsUnavailable';
  if (errorCode === undefined) return 'SlsReplyInvalid';
  if (statusCode === 401) return 'CredentialsRefused';
  if (statusCode === 403) return 'PermissionDenied';
  return 'QueryRefused';
}

/** @param where project and logstore, for the message */
export function slsFailureToError(failure: SlsFailure, where: string, cause: unknown): AdapterError {
  const { statusCode, errorCode, errorMessage, requestId } = failure;
  const message = errorMessage.slice(0, maxMessageLength).replace(/[.\s]+$/, '');
  const said = [errorCode ?? `HTTP ${statusCode}`, message].filter(Boolean).join(': ');
  const id = requestId === undefined ? '' : ` (request ${requestId})`;
  return new AdapterError(classifySlsFailure(failure), `SLS, ${where}: ${said}${id}`, {
    cause,
    slsRequestId: requestId,
  });
}

/** The field that a refusal for want of an index names. */
export function unindexedField(error: AdapterError): string | undefined {
  if (error.code !== 'IndexMissing') return undefined;
  const fields = missingIndexPatterns.map((pattern) => pattern.exec(error.what)?.groups?.['field']);
  return fields.find((field) => field !== undefined);
}
