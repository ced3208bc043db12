import { STATUS_CODES } from 'node:http';
import type { AdapterError } from '../../errors.ts';

/**
 * The reasons that differ from the HTTP status text without spaces (`NotFound`, `ServiceUnavailable`).
 *
 * Source: Kubernetes API conventions, "Response Status Kind"; k8s.io/apimachinery/pkg/apis/meta/v1 StatusReason.
 */
const reasons: Readonly<Record<number, string>> = {
  500: 'InternalError',
  504: 'Timeout',
};

/**
 * Returns the body of a failed request. Its message ends with the error code of our registry, because the event of an HPA
 * shows nothing else. `details.causes` has the code for programs.
 *
 * The time to wait is only in this body: on a Retry-After header client-go sleeps, and blocks a worker of the HPA
 * controller.
 */
export function statusOf(error: AdapterError) {
  const { code, httpStatus } = error;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: oneLine(`${error.message} (${code})`),
    reason: reasons[httpStatus] ?? (STATUS_CODES[httpStatus] ?? 'Unknown').replaceAll(' ', ''),
    details: { causes: [{ reason: code }], ...(code === 'TooManyRequests' ? { retryAfterSeconds: 1 } : {}) },
    code: httpStatus,
  } as const;
}

/** Line ends included. */
const controlCharacters = /[\p{Cc}\u2028\u2029]+/gu;

/** Replaces control characters by spaces: terminals show these texts, which may quote a client's names and paths. */
export const oneLine = (text: string): string => text.replace(controlCharacters, ' ');
