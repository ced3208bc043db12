import { expect } from 'vitest';
import type { CredentialOrigin } from '../../../src/sls/credentials/credentials.ts';

/** Why it failed; no secret may be in that, nor anywhere around. */
export async function failureOf(origin: CredentialOrigin, secrets: readonly string[] = []): Promise<string> {
  const error = await origin().then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  if (error === undefined) throw new Error('it did not fail');
  const everything = `${error.stack}${JSON.stringify(error, Object.getOwnPropertyNames(error))}${String(error.cause)}`;
  for (const secret of ['planted', ...secrets]) expect(everything).not.toContain(secret);
  return error.message;
}
