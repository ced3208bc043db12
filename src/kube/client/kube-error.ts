import { STATUS_CODES } from 'node:http';
import { isRecord } from './kube-object.ts';

/**
 * - `status`: the API server refused or failed, with an HTTP status or an ERROR event
 * - `network`: no connection, or it broke
 * - `timeout`: no answer in time, or a watch that is silent for too long
 * - `reply`: the answer is not what the Kubernetes API documents
 * - `size`: the answer is longer than is accepted
 * - `access`: our own credentials cannot be read (a file, an exec plugin)
 */
type KubeErrorKind = 'status' | 'network' | 'timeout' | 'reply' | 'size' | 'access';

/** Longer messages of the API server are cut off. */
const longestMessage = 1000;

/** A call to the Kubernetes API server failed. The error never contains a token. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly kind: KubeErrorKind;
  readonly statusCode: number | undefined;
  /** `reason` of the Status, such as `Expired` or `Conflict`. */
  readonly reason: string | undefined;
  /** The pause that the server asks for. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: KubeErrorKind, message: string, details: Partial<KubeError> = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : {});
    this.kind = kind;
    this.statusCode = details.statusCode;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Go's webhooks retry 429, 500, 504 and resets. 502 and 503 come from a load balancer in front of a control plane. */
  get retryable(): boolean {
    if (this.kind !== 'status') return true;
    return this.statusCode === 429 || (this.statusCode ?? 0) >= 500;
  }
}

/**
 * Returns the error for a `Status` object: the body of a reply, or the object of an ERROR event.
 *
 * @param statusCode of the reply. Undefined for an ERROR event
 * @param retryAfterSeconds value of the Retry-After header
 */
export function statusError(
  what: string,
  status: unknown,
  statusCode?: number,
  retryAfterSeconds?: string,
): KubeError {
  const { message, reason, code, details } = isRecord(status) ? status : {};
  const actualCode = statusCode ?? (typeof code === 'number' ? code : undefined);
  const asked = isRecord(details) ? details['retryAfterSeconds'] : undefined;
  const seconds = Number(retryAfterSeconds ?? asked);
  const known = actualCode === undefined ? undefined : STATUS_CODES[actualCode];
  const said = typeof message === 'string' && message !== '' ? message.slice(0, longestMessage) : known;
  return new KubeError(
    'status',
    `${what} answered ${actualCode ?? 'an error'}${said === undefined ? '' : `: ${said}`}`,
    {
      statusCode: actualCode,
      reason: typeof reason === 'string' ? reason : undefined,
      retryAfterMs: seconds > 0 ? seconds * 1000 : undefined,
    },
  );
}

/** Returns one line that describes any thrown value. */
export const messageOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  // If every address of a host fails, Node throws an AggregateError without a message.
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  return thrown.message === '' ? code : thrown.message;
};
