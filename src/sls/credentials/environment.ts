import type { Credentials } from '../credentials.ts';
import type { CredentialOrigin } from './lease.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

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

export const environmentOrigin =
  (env: Environment): CredentialOrigin =>
  () => {
    const credentials = credentialsFromEnvironment(env);
    if (credentials !== undefined) return Promise.resolve({ credentials });
    const pairs = environmentNames.map(([idName, secretName]) => `${idName} and ${secretName}`);
    return Promise.reject(new Error(`the environment has neither ${pairs.join(' nor ')}`));
  };
