import { access } from 'node:fs/promises';
import { addonTokenFile, readAddonToken } from './addon-token.ts';
import type { CredentialOrigin, Credentials, Environment, Lease } from './credentials.ts';
import { withLibraryReason } from './library-error.ts';
import { loadLibrary } from './library-transport.ts';
import { expirationMs, rrsaOrigin, type StsParts } from './role-session.ts';

/** Variable names of Alibaba Cloud, then those of the stock adapter. */
const environmentNames = [
  ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'ALIBABA_CLOUD_SECURITY_TOKEN'],
  ['AccessKeyId', 'AccessKeySecret', 'SecurityToken'],
] as const;

/** The chain may end in a profile or a program that does not say when its credentials expire. */
const recheckMs = 300_000;

/**
 * Reads an access key from environment variables. It trims white space: a Secret made from a file often ends with a
 * line feed.
 *
 * @returns undefined if neither pair of names is set; half a pair counts as not set
 */
export function credentialsFromEnvironment(env: Environment): Credentials | undefined {
  for (const [idName, secretName, tokenName] of environmentNames) {
    const accessKeyId = env[idName]?.trim();
    const accessKeySecret = env[secretName]?.trim();
    if (accessKeyId && accessKeySecret)
      return { accessKeyId, accessKeySecret, securityToken: env[tokenName]?.trim() };
  }
  return undefined;
}

export const environmentOrigin =
  (env: Environment): CredentialOrigin =>
  () => {
    const credentials = credentialsFromEnvironment(env);
    if (credentials !== undefined) return Promise.resolve({ credentials });
    const pairs = environmentNames.map(([idName, secretName]) => `${idName} and ${secretName}`);
    return Promise.reject(new Error(`the environment has neither ${pairs.join(' nor ')}`));
  };

/** Set by the webhook of RRSA alone; ALIBABA_CLOUD_ROLE_ARN may also be there for other programs. */
const rrsaNames = ['ALIBABA_CLOUD_OIDC_PROVIDER_ARN', 'ALIBABA_CLOUD_OIDC_TOKEN_FILE'];

/**
 * Tries the environment, then RRSA, then the token of an ACK add-on if one is mounted, then the default chain of
 * `@alicloud/credentials`: profiles, ECS RAM role, URI.
 *
 * A pod with RRSA has no other identity. The library's chain would ask the public STS, which a VPC without NAT does not
 * reach, and then go on to the role of the node without a word.
 *
 * @param tokenFile file of the add-on token
 */
export const defaultOrigin =
  ({ env, stsEndpoint }: StsParts, tokenFile: string = addonTokenFile): CredentialOrigin =>
  async () => {
    const credentials = credentialsFromEnvironment(env);
    if (credentials !== undefined) return { credentials };
    if (rrsaNames.some((name) => env[name]?.trim()))
      return rrsaOrigin({ source: 'rrsa' }, { env, stsEndpoint })();
    return (await exists(tokenFile)) ? readAddonToken(tokenFile) : askChain();
  };

/** Builds a new chain each time: the library's chain keeps using the provider it tried last, even one that failed. */
async function askChain(): Promise<Lease> {
  // Loaded when needed: most installations set their key in the environment.
  const { DefaultCredentialsProvider } = await loadLibrary();
  const chain = DefaultCredentialsProvider.builder().build();
  const { accessKeyId, accessKeySecret, securityToken } = await withLibraryReason(chain.getCredentials());
  if (!accessKeyId || !accessKeySecret) throw new Error('the default chain gave an empty access key');
  const expiration = expirationOf(chain);
  return {
    credentials: { accessKeyId, accessKeySecret, securityToken },
    ...(expiration === undefined
      ? { recheck: { afterMs: recheckMs, inBackground: true } }
      : { expiresAtMs: expirationMs(expiration) }),
  };
}

interface Provider {
  readonly lastUsedProvider?: unknown;
  readonly innerProvider?: unknown;
  readonly session?: { readonly expiration?: unknown };
}

/** Returns the expiration from the session of the provider that answered: the library's result does not contain it. */
function expirationOf(provider: unknown): unknown {
  if (typeof provider !== 'object' || provider === null) return undefined;
  const { lastUsedProvider, innerProvider, session } = provider as Provider;
  return session?.expiration ?? expirationOf(lastUsedProvider ?? innerProvider);
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    // A file that exists but cannot be read is reported when it is read.
    (error: unknown) => !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''),
  );
