import type { AdapterError } from '../../errors.ts';
import { http } from '../../runtime/node-http.ts';
import { oneLine } from './one-line.ts';

/**
 * Reasons that differ from the status' own name in HTTP, which the others are (`NotFound`, `ServiceUnavailable`).
 * Source: Kubernetes API conventions, "Response Status Kind"; k8s.io/apimachinery/pkg/apis/meta/v1 StatusReason.
 */
const reasons: Readonly<Record<number, string>> = {
  500: 'InternalError',
  504: 'Timeout',
};

export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly details: {
    readonly causes: readonly { readonly reason: string }[];
    readonly retryAfterSeconds?: number;
  };
  readonly code: number;
}

/**
 * The body of every failed request. The code of our registry stands in `details.causes`, for machines. How long to
 * wait stands here alone: on a Retry-After header client-go would sleep, and hold a worker of the HPA controller.
 */
export function statusOf(error: AdapterError): Status {
  const { code, httpStatus } = error;
  const message = oneLine(error.message);
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: reasons[httpStatus] ?? (http.STATUS_CODES[httpStatus] ?? 'Unknown').replaceAll(' ', ''),
    details: { causes: [{ reason: code }], ...(code === 'TooManyRequests' ? { retryAfterSeconds: 1 } : {}) },
    code: httpStatus,
  };
}
