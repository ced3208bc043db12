import { AdapterError, errorRegistry, type ErrorCode } from '../errors.ts';
import { proxyRemedy } from './proxy.ts';
import type { Credentials } from './credentials/credentials.ts';
import { withoutChangingParts, withoutKeys } from './shown-text.ts';
import type { LogstoreAddress } from './endpoint.ts';
import { logstoreName } from '../metric/series.ts';
import {
  missingIndexPatterns,
  slsErrorRules,
  type SlsErrorRule,
  type SlsRefusal,
} from './sls-error-rules.ts';
import type { TransportReply } from './transport.ts';

/** SLS may repeat the whole query in its message, and a query may name thousands of routes. */
const maxMessageLength = 1000;

/** Returns the first rule that applies to the refusal; undefined if none does. */
export const ruleOf = (refusal: SlsRefusal): SlsErrorRule | undefined =>
  slsErrorRules.find((rule) => applies(rule, refusal));

function applies(
  { codes, statusCode, message, text }: SlsErrorRule,
  { statusCode: status, errorCode = '', errorMessage }: SlsRefusal,
): boolean {
  if (statusCode !== undefined && statusCode !== status) return false;
  if (codes !== undefined && !codes.some((code) => code.toLowerCase() === errorCode.toLowerCase()))
    return false;
  if (message !== undefined && !message.test(errorMessage)) return false;
  return text === undefined || text.test(`${errorCode} ${errorMessage}`);
}

/** What a status means if no rule knows the errorCode and the message. */
function meaningOf({ statusCode, errorCode }: SlsRefusal): ErrorCode {
  if (statusCode === 429) return 'SlsThrottled';
  if (statusCode >= 500) return 'SlsUnavailable';
  if (errorCode === undefined) return 'SlsReplyInvalid';
  if (statusCode === 401) return 'CredentialsRefused';
  if (statusCode === 403) return 'PermissionDenied';
  return 'QueryRefused';
}

/**
 * Returns the error of a reply with status 400 or above. The message is the same for the same failure, so that Kubernetes
 * folds its events. What differs from reply to reply is in the cause, for the log.
 *
 * @param address for the message
 * @param credentials those that signed the request: the message never repeats them, even if SLS does
 */
export function replyError(
  { statusCode, headers, body, proxy }: TransportReply,
  address: Pick<LogstoreAddress, 'project' | 'logstore'>,
  credentials: Credentials,
): AdapterError {
  const { errorCode, errorMessage } = parseErrorBody(body);
  const id = headers['x-log-requestid'];
  const slsRequestId = Array.isArray(id) ? id[0] : id;
  const refusal = { statusCode, errorCode, errorMessage };
  const rule = ruleOf(refusal);
  const code = rule?.means ?? meaningOf(refusal);
  const text = withoutKey(errorMessage, credentials)
    .slice(0, maxMessageLength)
    .replace(/(?<![.\s])[.\s]+$/, '');
  const from = errorCode ?? `HTTP ${statusCode}${proxy === undefined ? '' : ` through ${proxy}`}`;
  const said = (message: string) => [from, message].filter(Boolean).join(': ');
  // Where all logstores of the project fail alike, the message is the same for each of them.
  const { opensCircuit, absent } = errorRegistry[code];
  const where = opensCircuit || absent === 'project' ? `project ${address.project}` : logstoreName(address);
  return new AdapterError(code, `SLS, ${where}: ${said(withoutChangingParts(text))}`, {
    cause: new Error(`SLS answered ${statusCode} ${said(text)}`),
    slsRequestId,
    // Only SLS itself sends an errorCode.
    remedy: rule?.remedy ?? (errorCode === undefined && proxy !== undefined ? proxyRemedy : undefined),
  });
}

function parseErrorBody(body: Buffer): Omit<SlsRefusal, 'statusCode'> {
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

/** Returns the text without the keys that signed the request, nor any other. */
const withoutKey = (text: string, { accessKeyId, accessKeySecret, securityToken = '' }: Credentials) =>
  withoutKeys(text, [accessKeyId, accessKeySecret, securityToken]);

/** Returns the field that lacks an index, if SLS refused the query for that. */
export function unindexedField(error: unknown): string | undefined {
  if (!(error instanceof AdapterError) || error.code !== 'IndexMissing') return undefined;
  const fields = missingIndexPatterns.map((pattern) => pattern.exec(error.what)?.groups?.['field']);
  return fields.find((field) => field !== undefined);
}
