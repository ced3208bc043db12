/**
 * An error reply of SLS: an HTTP status with `errorCode` and `errorMessage` in the body.
 * Codes and statuses: https://www.alibabacloud.com/help/en/sls/developer-reference/error-codes
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

/** Returns 400 `ParameterInvalid`, the answer of SLS to nearly every query that it cannot run. */
export function parameterInvalid(message: string, options?: ErrorOptions): ServiceError {
  return new ServiceError(400, 'ParameterInvalid', message, options);
}
