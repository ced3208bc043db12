import type { AccessLine, Attempt } from './access-line.ts';

/** What ingress-nginx logs for requests that do not go the plain way. Each function takes the line of a plain request. */

/** The address of the default backend in the made-up lines. */
const defaultBackendAddr = '10.8.0.99:8080';

/** Returns the line of a request that another pod failed first: two attempts in one line, separated by `, `. */
export function retried(line: AccessLine, failed: Partial<Attempt> = {}): AccessLine {
  const first: Attempt = { addr: '10.8.0.21:80', length: '0', time: '0.001', status: '502', ...failed };
  const requestTime = (Number(line.requestTime) + Number(first.time)).toFixed(3);
  return { ...line, requestTime, attempts: [first, ...line.attempts] };
}

/** Returns the line of a request that the canary served. `upstreamName` still names the main service. */
export function servedByCanary(line: AccessLine, canary: string): AccessLine {
  return { ...line, alternativeName: canary };
}

/**
 * Returns the two lines of a request with `auth-url` on a controller before 1.4.0: first the subrequest, with the same
 * request, route, host and id. Source: kubernetes/ingress-nginx#9049.
 */
export function withAuthSubrequest(line: AccessLine): [subrequest: AccessLine, line: AccessLine] {
  const subrequest: AccessLine = {
    ...line,
    status: '202',
    bodyBytes: '0',
    requestLength: '0',
    requestTime: '0.004',
    attempts: [{ addr: '10.8.0.31:80', length: '0', time: '0.003', status: '202' }],
    redirected: false,
    alternativeName: '',
  };
  return [subrequest, line];
}

/** Returns the line of a request that a reload of the controller cut off. Source: kubernetes/ingress-nginx#4303. */
export function cutByReload(line: AccessLine): AccessLine {
  return {
    ...line,
    status: '000',
    bodyBytes: '0',
    attempts: line.attempts.map((attempt) => ({ ...attempt, length: '-', status: '-' })),
  };
}

/**
 * Returns the line of a failed request whose answer `custom-http-errors` replaced: it names the default backend, not
 * the service that failed. Sources: kubernetes/ingress-nginx#3140, #3700.
 *
 * @param backend `upstream-default-backend`, or `custom-default-backend-{namespace}-{service}`
 */
export function answeredByErrorPage(line: AccessLine, backend = 'upstream-default-backend'): AccessLine {
  const page: Attempt = { addr: defaultBackendAddr, length: '48', time: '0.001', status: line.status };
  return {
    ...line,
    bodyBytes: page.length,
    upstreamName: backend,
    attempts: [...line.attempts.map((attempt) => ({ ...attempt, length: '0' })), page],
    redirected: true,
  };
}

/**
 * Returns the line of a request to a service without a ready pod whose Ingress has the `default-backend` annotation: it
 * names the default backend alone. Source: kubernetes/ingress-nginx#7138.
 *
 * @param backend `custom-default-backend-{namespace}-{service}`
 */
export function servedByDefaultBackend(line: AccessLine, backend: string, status = '503'): AccessLine {
  const attempts = [{ addr: defaultBackendAddr, length: '48', time: '0.001', status }];
  return { ...line, status, bodyBytes: '48', requestTime: '0.001', upstreamName: backend, attempts };
}

/** Returns the line of a request to a service without a ready pod and without that annotation: 503, and no upstream. */
export function withoutReadyPod(line: AccessLine): AccessLine {
  return { ...line, status: '503', bodyBytes: '190', requestTime: '0.000', attempts: [] };
}
