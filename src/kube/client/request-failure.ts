import { ApiException } from '@kubernetes/client-node';
import { errors } from 'undici';
import { KubeError, messageOf, statusError } from './kube-error.ts';
import { jsonOf } from './kube-object.ts';

const closedCodes: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_CLOSED']);

/**
 * Whether a kept connection was closed while the request was sent: by the server, which had it idle for too long, or by
 * us, since the credentials have changed.
 */
export function isClosedConnection(thrown: unknown): boolean {
  const cause = thrown instanceof TypeError ? thrown.cause : undefined;
  if (cause instanceof errors.SocketError) return (cause.socket?.bytesRead ?? 0) > 0;
  return cause instanceof Error && 'code' in cause && closedCodes.has(cause.code);
}

/** Returns what client-node or undici has thrown as our error. @param what was called, such as `GET /version` */
export function kubeErrorOf(what: string, thrown: unknown, server: string): KubeError {
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof KubeError) return cause;
    if (cause instanceof ApiException)
      return statusError(what, jsonOf(cause.body), cause.code, cause.headers['retry-after']);
  }
  // fetch throws a TypeError with a cause. Other errors are client-node's, of a reply that it cannot read.
  if (!(thrown instanceof TypeError && thrown.cause instanceof Error))
    return new KubeError('reply', `${what} answered what cannot be read: ${messageOf(thrown)}`);
  const reason = messageOf(thrown.cause);
  const message =
    thrown.message === 'terminated'
      ? `${what}: the answer broke off (${reason})`
      : `API server at ${URL.parse(server)?.host ?? server} cannot be reached: ${reason}`;
  return new KubeError('network', message, { cause: thrown.cause });
}
