import { readFile } from 'node:fs/promises';
import type { ECSRAMRoleCredentialsProvider } from '@alicloud/credentials';
import {
  isSameKey,
  type CredentialOrigin,
  type Credentials,
  type CredentialSettings,
  type CredentialSource,
  type Environment,
  type Lease,
} from './credentials.ts';
import { withLibraryReason } from './library-error.ts';
import { byTransport, loadLibrary } from './library-transport.ts';

/** How STS is reached. */
export interface StsParts {
  /** Names the pod's role (RRSA), and a proxy. */
  readonly env: Environment;
  /** Host of STS if the settings name none. */
  readonly stsEndpoint: string;
}

const defaultSessionName = 'sls-metrics-adapter';
const defaultDurationSeconds = 3600;

/** The library stops waiting after this long without progress. */
const timeoutMs = 5000;

/**
 * Assumes the RAM role that RRSA gives to the pod. Its webhook sets role, provider and token file in the environment;
 * settings override them. Source: ACK, "Use RRSA to authorize pods".
 */
export const rrsaOrigin =
  (settings: CredentialSettings, { env, stsEndpoint }: StsParts): CredentialOrigin =>
  async () => {
    const given = (value: string | undefined, key: string, name: string): string => {
      const found = value ?? env[name]?.trim();
      if (found) return found;
      throw new Error(`${name} is not set, and neither is ${key}: the pod has no RAM role`);
    };
    const roleArn = given(settings.roleArn, 'roleArn', 'ALIBABA_CLOUD_ROLE_ARN');
    const providerArn = given(settings.oidcProviderArn, 'oidcProviderArn', 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN');
    const tokenFile = given(settings.oidcTokenFile, 'oidcTokenFile', 'ALIBABA_CLOUD_OIDC_TOKEN_FILE');
    const token = await readToken(tokenFile);
    const host = settings.stsEndpoint ?? stsEndpoint;
    const { OIDCRoleArnCredentialsProvider } = await loadLibrary();
    const provider = OIDCRoleArnCredentialsProvider.builder()
      .withRoleArn(roleArn)
      .withOIDCProviderArn(providerArn)
      .withOIDCTokenFilePath(tokenFile)
      .withRoleSessionName(settings.roleSessionName ?? defaultSessionName)
      .withDurationSeconds(settings.durationSeconds ?? defaultDurationSeconds)
      .withStsEndpoint(host)
      .withConnectTimeout(timeoutMs)
      .withReadTimeout(timeoutMs)
      .build();
    return askOnce(byTransport(provider, env), [token]);
  };

/** Gets the session of the ECS instance's RAM role. Without a name, the library asks for the name first. */
export const ecsRoleOrigin =
  (roleName: string | undefined): CredentialOrigin =>
  async () => {
    const { ECSRAMRoleCredentialsProvider } = await loadLibrary();
    return askOnce(
      ECSRAMRoleCredentialsProvider.builder()
        .withRoleName(roleName ?? '')
        .build(),
      [],
    );
  };

/** @param base the credentials that assume the role; they are fetched again if STS refuses their key */
export const assumeRoleOrigin =
  (settings: CredentialSettings, base: CredentialSource, parts: StsParts): CredentialOrigin =>
  async () => {
    const credentials = await base.current();
    try {
      return await assumeRole(settings, credentials, parts);
    } catch (error) {
      if (!isKeyRefused((error as Error).message)) throw error;
      base.refused?.(credentials);
      const renewed = await base.current();
      if (isSameKey(renewed, credentials)) throw error;
      return assumeRole(settings, renewed, parts);
    }
  };

async function assumeRole(
  settings: CredentialSettings,
  { accessKeyId, accessKeySecret, securityToken = '' }: Credentials,
  { env, stsEndpoint }: StsParts,
): Promise<Lease> {
  const library = await loadLibrary();
  const key = securityToken
    ? library.StaticSTSCredentialsProvider.builder().withSecurityToken(securityToken)
    : library.StaticAKCredentialsProvider.builder();
  const caller = key.withAccessKeyId(accessKeyId).withAccessKeySecret(accessKeySecret).build();
  const host = settings.stsEndpoint ?? stsEndpoint;
  const builder = library.RAMRoleARNCredentialsProvider.builder()
    .withCredentialsProvider(caller)
    .withRoleArn(settings.roleArn ?? '')
    .withRoleSessionName(settings.roleSessionName ?? defaultSessionName)
    .withDurationSeconds(settings.durationSeconds ?? defaultDurationSeconds)
    .withStsEndpoint(host)
    .withConnectTimeout(timeoutMs)
    .withReadTimeout(timeoutMs);
  if (settings.externalId !== undefined) builder.withExternalId(settings.externalId);
  return askOnce(byTransport(builder.build(), env), [accessKeyId, accessKeySecret, securityToken]);
}

/** `refresher` sends the requests that one session takes, and keeps nothing. */
type SessionProvider = Pick<ECSRAMRoleCredentialsProvider, 'refresher'>;

/**
 * Asks the library for one session, without its cache. The cache renews while a reader waits, renews a 15-minute
 * session at every call, and returns expired credentials if STS fails.
 */
async function askOnce(provider: SessionProvider, secrets: readonly string[]): Promise<Lease> {
  const { expiration, ...credentials } = await withLibraryReason(provider.refresher(), secrets);
  return { credentials, expiresAtMs: expirationMs(expiration) };
}

/** @throws Error if the text is not a time: credentials must not be kept without a known end */
export function expirationMs(text: unknown): number {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new Error('the reply does not say when the credentials expire');
  return ms;
}

async function readToken(file: string): Promise<string> {
  const token = await readFile(file, 'utf8').catch((cause: unknown) => {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    throw new Error(`the OIDC token ${file} cannot be read (${code})`, { cause });
  });
  if (token.trim() === '') throw new Error(`the OIDC token ${file} is empty`);
  return token.trim();
}

/** Source: STS, "Error codes", and the library's own message for a signature that does not match. */
const isKeyRefused = (reason: string) =>
  /InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSecurityToken|access key secret is invalid/.test(reason);
