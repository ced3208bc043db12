/** One access key, with the security token of a session where it is temporary. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
}

/** Gives the credentials that are valid now. Called before every query. */
export interface CredentialSource {
  /** @throws AdapterError `CredentialsMissing` */
  current(): Promise<Credentials>;
  /** Reports that SLS or STS refused these credentials, so that the next call of `current` fetches them again. */
  refused?(credentials: Credentials): void;
}

/** Credentials, and how long they may be kept. */
export interface Lease {
  readonly credentials: Credentials;
  /** Unix ms; undefined if they do not say that they expire. */
  readonly expiresAtMs?: number | undefined;
  /** When to fetch them again even if they have not expired. If that fails, the current ones stay in use. */
  readonly recheck?: {
    readonly afterMs: number;
    /** Whether callers get the current credentials during the recheck, or wait for its result. */
    readonly inBackground: boolean;
  };
}

/**
 * Fetches credentials from where they come from. It keeps nothing between calls, so calling it again after a refusal
 * gives whatever is there by then.
 *
 * @throws Error whose message says what is wrong and contains no secret; AdapterError of the credentials it is based on
 */
export type CredentialOrigin = () => Promise<Lease>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where credentials come from. Each source takes some of the settings; the configuration refuses the others. */
export interface CredentialSettings {
  readonly source:
    'default' | 'environment' | 'rrsa' | 'ecs-role' | 'addon-token' | 'secret-file' | 'assume-role';
  /** For `rrsa`, this and the next two override what its webhook sets in the environment. */
  readonly roleArn?: string | undefined;
  readonly oidcProviderArn?: string | undefined;
  readonly oidcTokenFile?: string | undefined;
  /** Default `sls-metrics-adapter`. The account's audit log shows it. */
  readonly roleSessionName?: string | undefined;
  readonly externalId?: string | undefined;
  /** Default 3600. */
  readonly durationSeconds?: number | undefined;
  /** Host of STS. Default: the host of the adapter's region, else `sts.aliyuncs.com`. */
  readonly stsEndpoint?: string | undefined;
  /** Default: the role of the instance, whatever its name. */
  readonly roleName?: string | undefined;
  readonly file?: string | undefined;
  readonly directory?: string | undefined;
  /** What the role is assumed with. Default: source `default`. */
  readonly from?: CredentialSettings | undefined;
}

export const isSameKey = (one: Credentials, other: Credentials): boolean =>
  one.accessKeyId === other.accessKeyId &&
  one.accessKeySecret === other.accessKeySecret &&
  (one.securityToken ?? '') === (other.securityToken ?? '');
