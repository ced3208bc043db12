import type { Credentials, CredentialSource } from '../../src/sls/credentials/credentials.ts';

export const fixedCredentials = (credentials: Credentials): CredentialSource => ({
  current: () => Promise.resolve(credentials),
});
