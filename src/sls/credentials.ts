export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
}

/** Gives the credentials that are valid now; asked before every query. */
export interface CredentialSource {
  /** @throws AdapterError `CredentialsMissing` */
  current(): Promise<Credentials>;
  /** Told that SLS refuses these, so that the next who ask get what there is by then. */
  refused?(credentials: Credentials): void;
}

export const isSameKey = (one: Credentials, other: Credentials): boolean =>
  one.accessKeyId === other.accessKeyId &&
  one.accessKeySecret === other.accessKeySecret &&
  (one.securityToken ?? '') === (other.securityToken ?? '');

export const fixedCredentials = (credentials: Credentials): CredentialSource => ({
  current: () => Promise.resolve(credentials),
});
