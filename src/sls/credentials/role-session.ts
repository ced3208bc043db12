import { readFile } from 'node:fs/promises';
import type { ECSRAMRoleCredentialsProvider } from '@alicloud/credentials';
import type { CredentialSource } from '../credentials.ts';
import type { Environment } from './environment.ts';
import type { CredentialOrigin, Lease } from './lease.ts';
import { reasoned } from './reason.ts';
import type { AssumeRoleSettings, RrsaSettings } from './settings.ts';

export interface RoleSurroundings {
  readonly env: Environment;
  /** Host of STS where the settings name none. */
  readonly stsEndpoint: string;
}

const defaultSessionName = 'sls-metrics-adapter';
const defaultDurationSeconds = 3600;

/** The library waits for silence, of either kind, for so long. */
const connectTimeoutMs = 5000;
const readTimeoutMs = 5000;

/** Source: ACK, "Use RRSA to authorize pods": what its webhook gives to a pod. */
export const rrsaOrigin =
  (settings: RrsaSettings, { env, stsEndpoint }: RoleSurroundings): CredentialOrigin =>
  async () => {
    const given = (value: string | undefined, key: string, name: string): string => {
      const found = value ?? env[name]?.trim();
      if (found) return found;
      throw new Error(`${name} is not set, and neither is ${key}: the pod has not been given a role`);
    };
    const roleArn = given(settings.roleArn, 'roleArn', 'ALIBABA_CLOUD_ROLE_ARN');
    const providerArn = given(settings.oidcProviderArn, 'oidcProviderArn', 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN');
    const tokenFile = given(settings.oidcTokenFile, 'oidcTokenFile', 'ALIBABA_CLOUD_OIDC_TOKEN_FILE');
    const token = await readToken(tokenFile);
    const { OIDCRoleArnCredentialsProvider } = await import('@alicloud/credentials');
    const provider = OIDCRoleArnCredentialsProvider.builder()
      .withRoleArn(roleArn)
      .withOIDCProviderArn(providerArn)
      .withOIDCTokenFilePath(tokenFile)
      .withRoleSessionName(settings.roleSessionName ?? defaultSessionName)
      .withDurationSeconds(settings.durationSeconds ?? defaultDurationSeconds)
      .withStsEndpoint(settings.stsEndpoint ?? stsEndpoint)
      .withConnectTimeout(connectTimeoutMs)
      .withReadTimeout(readTimeoutMs)
      .build();
    return askOnce(provider, [token]);
  };

/** Without a name, that of the instance's role is asked for first. */
export const ecsRoleOrigin =
  (roleName: string | undefined): CredentialOrigin =>
  async () => {
    const { ECSRAMRoleCredentialsProvider: Provider } = await import('@alicloud/credentials');
    const builder: ReturnType<typeof ECSRAMRoleCredentialsProvider.builder> = Provider.builder();
    if (roleName !== undefined) builder.withRoleName(roleName);
    return askOnce(builder.build(), []);
  };

/** @param base who assumes the role; told of it where STS refuses its key */
export const assumeRoleOrigin =
  (settings: AssumeRoleSettings, base: CredentialSource, defaultStsEndpoint: string): CredentialOrigin =>
  async () => {
    const credentials = await base.current();
    const { accessKeyId, accessKeySecret, securityToken = '' } = credentials;
    const library = await import('@alicloud/credentials');
    const key = securityToken
      ? library.StaticSTSCredentialsProvider.builder().withSecurityToken(securityToken)
      : library.StaticAKCredentialsProvider.builder();
    const caller = key.withAccessKeyId(accessKeyId).withAccessKeySecret(accessKeySecret).build();
    const builder = library.RAMRoleARNCredentialsProvider.builder()
      .withCredentialsProvider(caller)
      .withRoleArn(settings.roleArn)
      .withRoleSessionName(settings.roleSessionName ?? defaultSessionName)
      .withDurationSeconds(settings.durationSeconds ?? defaultDurationSeconds)
      .withStsEndpoint(settings.stsEndpoint ?? defaultStsEndpoint)
      .withConnectTimeout(connectTimeoutMs)
      .withReadTimeout(readTimeoutMs);
    if (settings.externalId !== undefined) builder.withExternalId(settings.externalId);
    try {
      return await askOnce(builder.build(), [accessKeySecret, securityToken]);
    } catch (error) {
      if (isKeyRefused((error as Error).message)) base.refused?.(credentials);
      throw error;
    }
  };

interface SessionProvider {
  /** One request, or the few that one session takes; nothing is kept. */
  refresher(): Promise<{
    readonly accessKeyId: string;
    readonly accessKeySecret: string;
    readonly securityToken: string;
    readonly expiration: string;
  }>;
}

/**
 * The library asks, and keeps nothing: what it would keep it renews while a reader waits, at every call where the
 * session is of 15 minutes, and gives past its end where STS fails.
 */
async function askOnce(provider: SessionProvider, secrets: readonly string[]): Promise<Lease> {
  const { expiration, ...credentials } = await reasoned(provider.refresher(), secrets);
  return { credentials, expiresAtMs: expirationMs(expiration) };
}

/** @throws Error where it is no time: credentials that end at no one knows when are not to be kept */
export function expirationMs(text: unknown): number {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new Error('the reply does not say when the credentials expire');
  return ms;
}

async function readToken(file: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    throw new Error(`the OIDC token ${file} cannot be read (${code})`, { cause });
  }
  if (token === '') throw new Error(`the OIDC token ${file} is empty`);
  return token;
}

/** Source: STS, "Error codes", and the library's own word for a signature that does not match. */
const isKeyRefused = (reason: string) =>
  /InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSecurityToken|access key secret is invalid/.test(reason);
