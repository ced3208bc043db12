import { access } from 'node:fs/promises';
import { addonTokenFile, readAddonToken } from './addon-token.ts';
import { credentialsFromEnvironment, type Environment } from './environment.ts';
import type { CredentialOrigin, Lease } from './lease.ts';
import { reasoned } from './reason.ts';
import { expirationMs } from './role-session.ts';

/** A chain may end in a profile or a program that does not say when its credentials expire. */
const recheckMs = 300_000;

/**
 * The environment, then the token of an ACK add-on where one is mounted, then the default chain of
 * `@alicloud/credentials`: RRSA, profiles, ECS RAM role, URI.
 *
 * @param tokenFile that of the add-on token
 */
export const defaultOrigin =
  (env: Environment, tokenFile: string = addonTokenFile): CredentialOrigin =>
  async () => {
    const credentials = credentialsFromEnvironment(env);
    if (credentials !== undefined) return { credentials };
    return (await exists(tokenFile)) ? readAddonToken(tokenFile) : askChain();
  };

/** The library's chain remembers the provider that it tried last, also after a failure; so each has one use. */
async function askChain(): Promise<Lease> {
  // Loaded on use: most installations name their key in the environment.
  const { DefaultCredentialsProvider } = await import('@alicloud/credentials');
  const chain = DefaultCredentialsProvider.builder().build();
  const { accessKeyId, accessKeySecret, securityToken } = await reasoned(chain.getCredentials());
  if (!accessKeyId || !accessKeySecret) throw new Error('the chain gave an empty key');
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

/** The library's result does not say it, but the provider that gave it holds the session. */
function expirationOf(provider: unknown): unknown {
  if (typeof provider !== 'object' || provider === null) return undefined;
  const { lastUsedProvider, innerProvider, session } = provider as Provider;
  return session?.expiration ?? expirationOf(lastUsedProvider ?? innerProvider);
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    // Whatever is there but cannot be read is told when it is read.
    (error: unknown) => !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''),
  );
