import { expect } from 'vitest';
import type { CredentialOrigin } from '../../../src/sls/credentials/credentials.ts';

/** Returns the message of the failure. Checks that neither it nor its stack and cause contain a secret. */
export async function failureOf(origin: CredentialOrigin, secrets: readonly string[] = []): Promise<string> {
  const error = await origin().then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  if (error === undefined) throw new Error('the origin did not fail');
  const everything = `${error.stack}${JSON.stringify(error, Object.getOwnPropertyNames(error))}${String(error.cause)}`;
  for (const secret of ['planted', ...secrets]) expect(everything).not.toContain(secret);
  return error.message;
}
