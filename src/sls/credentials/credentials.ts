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

interface RoleSession {
  /** Default `sls-metrics-adapter`. The account's audit log shows it. */
  readonly roleSessionName?: string | undefined;
  /** Default 3600. */
  readonly durationSeconds?: number | undefined;
  /** Host of STS. Default: the host of the adapter's region, else `sts.aliyuncs.com`. */
  readonly stsEndpoint?: string | undefined;
}

/** The webhook of RRSA sets role, provider and token file in the environment; settings override it. */
export interface RrsaSettings extends RoleSession {
  readonly source: 'rrsa';
  readonly roleArn?: string | undefined;
  readonly oidcProviderArn?: string | undefined;
  readonly oidcTokenFile?: string | undefined;
}

/** Credentials that need no other credentials. */
export type BaseCredentialSettings =
  | { readonly source: 'default' | 'environment' }
  | RrsaSettings
  /** Without a name: the role of the instance, whatever its name. */
  | { readonly source: 'ecs-role'; readonly roleName?: string | undefined }
  | { readonly source: 'addon-token'; readonly file?: string | undefined }
  | { readonly source: 'secret-file'; readonly directory: string };

export interface AssumeRoleSettings extends RoleSession {
  readonly source: 'assume-role';
  readonly roleArn: string;
  readonly externalId?: string | undefined;
  readonly from: BaseCredentialSettings;
}

export type CredentialSettings = BaseCredentialSettings | AssumeRoleSettings;

export const isSameKey = (one: Credentials, other: Credentials): boolean =>
  one.accessKeyId === other.accessKeyId &&
  one.accessKeySecret === other.accessKeySecret &&
  (one.securityToken ?? '') === (other.securityToken ?? '');
