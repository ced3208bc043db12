import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSameKey, type Credentials } from '../credentials.ts';
import type { CredentialOrigin } from './lease.ts';

/** The keys of the Secret. A volume may give its keys these names with `items`. */
const fileNames = { id: 'access-key-id', secret: 'access-key-secret', token: 'security-token' } as const;

/** Small local files, which kubelet replaces all at once. */
const recheckMs = 1000;
/** One replacement is the usual; a directory that changes with every look is somebody's mistake. */
const maxLooks = 5;

/** A Secret that is mounted as a directory; the security token may be missing. */
export const secretFileOrigin =
  (directory: string): CredentialOrigin =>
  async () => ({
    credentials: await readConsistently(directory),
    recheck: { afterMs: recheckMs, inBackground: false },
  });

/** Read until twice the same, so that no id goes with the secret of another. */
async function readConsistently(directory: string): Promise<Credentials> {
  let last = await readOnce(directory);
  for (let look = 1; look < maxLooks; look += 1) {
    const next = await readOnce(directory);
    if (isSameKey(last, next)) return next;
    last = next;
  }
  throw new Error(`the Secret at ${directory} changes while it is read`);
}

async function readOnce(directory: string): Promise<Credentials> {
  const accessKeyId = await readValue(directory, fileNames.id);
  const accessKeySecret = await readValue(directory, fileNames.secret);
  const securityToken = await readValue(directory, fileNames.token);
  if (!accessKeyId) throw new Error(missing(directory, fileNames.id, accessKeyId));
  if (!accessKeySecret) throw new Error(missing(directory, fileNames.secret, accessKeySecret));
  return { accessKeyId, accessKeySecret, ...(securityToken ? { securityToken } : {}) };
}

const missing = (directory: string, name: string, found: string | undefined) =>
  `the Secret at ${directory} has ${found === undefined ? 'no' : 'an empty'} ${name}`;

/** White space around is dropped: a Secret made from a file often ends with a line feed. */
async function readValue(directory: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, name), 'utf8')).trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`${join(directory, name)} cannot be read (${code ?? 'unknown error'})`, { cause });
  }
}
