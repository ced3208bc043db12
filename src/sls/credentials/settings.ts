/** A role is assumed at STS, for some time at a time. */
interface RoleSession {
  /** Default `sls-metrics-adapter`; in the audit log of the account. */
  readonly roleSessionName?: string | undefined;
  /** Default 3600. */
  readonly durationSeconds?: number | undefined;
  /** Host of STS. Default: that of the region where the adapter is, else `sts.aliyuncs.com`. */
  readonly stsEndpoint?: string | undefined;
}

/** What the environment has is not repeated here: RRSA's webhook names role, provider and token file in it. */
export interface RrsaSettings extends RoleSession {
  readonly source: 'rrsa';
  readonly roleArn?: string | undefined;
  readonly oidcProviderArn?: string | undefined;
  readonly oidcTokenFile?: string | undefined;
}

/** Credentials that no other are needed for. */
export type BaseCredentialSettings =
  | { readonly source: 'default' | 'environment' }
  | RrsaSettings
  /** Without a name, the role of the instance, whatever it is called. */
  | { readonly source: 'ecs-role'; readonly roleName?: string | undefined }
  | { readonly source: 'addon-token'; readonly file?: string | undefined }
  | { readonly source: 'secret-file'; readonly directory: string };

export interface AssumeRoleSettings extends RoleSession {
  readonly source: 'assume-role';
  readonly roleArn: string;
  readonly externalId?: string | undefined;
  /** Who assumes the role. */
  readonly from: BaseCredentialSettings;
}

/** Where the credentials of one identity come from. */
export type CredentialSettings = BaseCredentialSettings | AssumeRoleSettings;
