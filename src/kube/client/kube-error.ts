import { STATUS_CODES } from 'node:http';
import { isRecord } from './kube-object.ts';

/**
 * - `status`: the API server refused or failed, with an HTTP status or an ERROR event
 * - `network`: no connection, or it broke
 * - `timeout`: no answer, or nothing from a watch, for too long
 * - `reply`: the answer is not what the Kubernetes API documents
 * - `access`: the credentials of our own cannot be had (a file, an exec plugin)
 */
export type KubeErrorKind = 'status' | 'network' | 'timeout' | 'reply' | 'access';

interface StatusDetails {
  readonly statusCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A call to the Kubernetes API server that failed. Never holds a token. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly kind: KubeErrorKind;
  readonly statusCode: number | undefined;
  /** `reason` of the Status, such as `Expired` or `Conflict`. */
  readonly reason: string | undefined;
  /** How long the server asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: KubeErrorKind, message: string, details: StatusDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : {});
    this.kind = kind;
    this.statusCode = details.statusCode;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
  }

  /**
   * Whether the same call may succeed the next time: after 429, 5xx and whatever is no answer. Go's webhooks
   * (k8s.io/apiserver/pkg/util/webhook) retry 429, 500, 504 and resets alone; 502 and 503 come from a load balancer
   * before a control plane.
   */
  get retryable(): boolean {
    if (this.kind !== 'status') return true;
    return this.statusCode === 429 || (this.statusCode ?? 0) >= 500;
  }
}

/**
 * The failure that a `Status` object tells of: the body of a reply, or the object of an ERROR event.
 *
 * @param statusCode of the reply, where it is one
 * @param retryAfterSeconds value of the Retry-After header
 */
export function statusError(
  what: string,
  status: unknown,
  statusCode?: number,
  retryAfterSeconds?: string,
): KubeError {
  const fields = isRecord(status) ? status : {};
  const { message, reason, code, details } = fields;
  const actualCode = statusCode ?? (typeof code === 'number' ? code : undefined);
  const asked = isRecord(details) ? details['retryAfterSeconds'] : undefined;
  const seconds = Number(retryAfterSeconds ?? asked);
  const known = actualCode === undefined ? undefined : STATUS_CODES[actualCode];
  const said = typeof message === 'string' && message !== '' ? message : known;
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

/** One line on any thrown value. */
export const messageOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  // A failed connect to several addresses is an AggregateError without a message.
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  return thrown.message === '' ? code : thrown.message;
};
