import { AdapterError } from '../errors.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
}

/** Gives the credentials that are valid now; asked before every query. */
export interface CredentialSource {
  /** @throws AdapterError `CredentialsMissing` */
  current(): Promise<Credentials>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The two naming habits: Alibaba Cloud's own and the stock adapter's. */
const environmentNames = [
  ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'ALIBABA_CLOUD_SECURITY_TOKEN'],
  ['AccessKeyId', 'AccessKeySecret', 'SecurityToken'],
] as const;

/**
 * White space around a value is dropped: a Secret made from a file often ends with a line feed.
 *
 * @returns undefined where no pair of names is set; half a pair counts as none
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

export const fixedCredentials = (credentials: Credentials): CredentialSource => ({
  current: () => Promise.resolve(credentials),
});

/** The environment first, then the default chain of `@alicloud/credentials` (RRSA, profiles, ECS RAM role, URI). */
export function createCredentialSource(env: Environment): CredentialSource {
  const chain = new DefaultChain();
  return {
    current: () => {
      const found = credentialsFromEnvironment(env);
      return found === undefined ? chain.current() : Promise.resolve(found);
    },
  };
}

interface ChainProvider {
  getCredentials(): Promise<{ accessKeyId: string; accessKeySecret: string; securityToken?: string }>;
}

/**
 * The library's chain remembers the provider that it tried last, also after a failure, and while a first call
 * is under way; so calls share one flight, and a failed chain is thrown away.
 */
class DefaultChain implements CredentialSource {
  #provider: ChainProvider | undefined;
  #flight: Promise<Credentials> | undefined;

  current(): Promise<Credentials> {
    this.#flight ??= this.#ask().finally(() => (this.#flight = undefined));
    return this.#flight;
  }

  async #ask(): Promise<Credentials> {
    try {
      this.#provider ??= await buildChain();
      const { accessKeyId, accessKeySecret, securityToken } = await this.#provider.getCredentials();
      if (!accessKeyId || !accessKeySecret) throw new Error('the chain gave an empty key');
      return { accessKeyId, accessKeySecret, securityToken };
    } catch (thrown) {
      this.#provider = undefined;
      const reason = withoutSecrets(thrown instanceof Error ? thrown.message : String(thrown));
      throw new AdapterError('CredentialsMissing', 'no credentials for SLS were found', {
        cause: new Error(reason),
      });
    }
  }
}

/** The library repeats replies that it cannot use, and causes are logged. */
export const withoutSecrets = (text: string): string =>
  text.replace(/((?:secret|token|password)\w*[\\"']*\s*[:=]\s*[\\"']*)[^\\"',}\s]+/gi, '$1***');

/** Loaded on use: most installations name their key in the environment. */
async function buildChain(): Promise<ChainProvider> {
  const { DefaultCredentialsProvider } = await import('@alicloud/credentials');
  return DefaultCredentialsProvider.builder().build();
}
