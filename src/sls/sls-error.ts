import { AdapterError, type ErrorCode } from '../errors.ts';
import type { Credentials } from './credentials/credentials.ts';
import type { TransportReply } from './transport.ts';

/** Source: SLS, "Common error codes". */
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

/** SLS may repeat the whole query in its message, and a query may name thousands of routes. */
const maxMessageLength = 1000;

/**
 * How SLS says that a field has no index, or one of the wrong type: the first comes from the search (the misspelling is
 * SLS's), the second from the SQL. Source: SLS, "FAQ about query and analysis".
 */
const missingIndexPatterns = [
  /key \((?<field>[^)]*)\) is not config as (key value config|numberic column)/i,
  /column '(?<field>[^']*)' (cannot be resolved|no longer exists or type mismatch)/i,
];

/** @param errorCode undefined if the body is not the documented JSON but, for example, the page of a proxy */
function codeOf(statusCode: number, errorCode: string | undefined, errorMessage: string): ErrorCode {
  // SLS uses ParameterInvalid also for these two; only the message tells them from real mistakes in a query.
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

/**
 * Returns the error of a reply with status 400 or above.
 *
 * @param where project and logstore, for the message
 * @param credentials those that signed the request: the message never repeats them, even if SLS does
 */
export function replyError(
  { statusCode, headers, body }: TransportReply,
  where: string,
  credentials: Credentials,
): AdapterError {
  const { errorCode, errorMessage } = parseErrorBody(body);
  const id = headers['x-log-requestid'];
  const slsRequestId = Array.isArray(id) ? id[0] : id;
  const message = withoutKey(errorMessage, credentials)
    .slice(0, maxMessageLength)
    .replace(/[.\s]+$/, '');
  const said = [errorCode ?? `HTTP ${statusCode}`, message].filter(Boolean).join(': ');
  const request = slsRequestId === undefined ? '' : ` (request ${slsRequestId})`;
  return new AdapterError(codeOf(statusCode, errorCode, errorMessage), `SLS, ${where}: ${said}${request}`, {
    cause: new Error(`SLS answered ${statusCode}`),
    slsRequestId,
  });
}

function parseErrorBody(body: Buffer): { errorCode: string | undefined; errorMessage: string } {
  try {
    const { errorCode, errorMessage } = JSON.parse(body.toString()) as Record<string, unknown>;
    return {
      errorCode: typeof errorCode === 'string' ? errorCode : undefined,
      errorMessage: typeof errorMessage === 'string' ? errorMessage : '',
    };
  } catch {
    return { errorCode: undefined, errorMessage: 'the body is not the JSON that SLS documents' };
  }
}

/** Hides the secret and the security token of the credentials in a text. */
export function withoutKey(text: string, { accessKeySecret, securityToken }: Credentials): string {
  const secrets = [accessKeySecret, securityToken].filter((secret) => secret !== undefined && secret !== '');
  return secrets.reduce<string>((rest, secret) => rest.replaceAll(String(secret), '***'), text);
}

/** Returns the field that lacks an index, if SLS refused the query for that. */
export function unindexedField(error: unknown): string | undefined {
  if (!(error instanceof AdapterError) || error.code !== 'IndexMissing') return undefined;
  const fields = missingIndexPatterns.map((pattern) => pattern.exec(error.what)?.groups?.['field']);
  return fields.find((field) => field !== undefined);
}
