import type { AdapterError } from '../errors.ts';

/** Source: Kubernetes API conventions, "Response Status Kind"; k8s.io/apimachinery/pkg/apis/meta/v1 StatusReason. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly details: { readonly causes: readonly { readonly reason: string }[] };
  readonly code: number;
}

/** The body of every failed request. The code of our registry stands in `details.causes`, for machines. */
export function statusOf(error: AdapterError): Status {
  const { message, code, httpStatus } = error;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: reasons[httpStatus] ?? 'Unknown',
    details: { causes: [{ reason: code }] },
    code: httpStatus,
  };
}
