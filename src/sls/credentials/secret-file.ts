import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSameKey, type CredentialOrigin, type Credentials } from './credentials.ts';

/** The keys of the Secret. A volume can map other keys to these names with `items`. */
const fileNames = { id: 'access-key-id', secret: 'access-key-secret', token: 'security-token' } as const;

/** Short: the files are small and local, and kubelet replaces all of them at once. */
const recheckMs = 1000;
/** Kubelet usually replaces the files once; a directory that changes at every read is a mistake. */
const maxReads = 5;

/** Reads a Secret that is mounted as a directory. It may lack the security token. */
export const secretFileOrigin =
  (directory: string): CredentialOrigin =>
  async () => ({
    credentials: await readConsistently(directory),
    recheck: { afterMs: recheckMs, inBackground: false },
  });

/** Reads until two reads agree, so that the ID of one key is never combined with the secret of another. */
async function readConsistently(directory: string): Promise<Credentials> {
  let last = await readOnce(directory);
  for (let read = 1; read < maxReads; read += 1) {
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
  if (!accessKeyId) throw missing(directory, fileNames.id, accessKeyId);
  if (!accessKeySecret) throw missing(directory, fileNames.secret, accessKeySecret);
  return { accessKeyId, accessKeySecret, ...(securityToken ? { securityToken } : {}) };
}

const missing = (directory: string, name: string, found: string | undefined) =>
  new Error(`the Secret at ${directory} has ${found === undefined ? 'no' : 'an empty'} ${name}`);

/** Trims white space: a Secret made from a file often ends with a line feed. */
async function readValue(directory: string, name: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, name), 'utf8')).trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`${join(directory, name)} cannot be read (${code ?? 'unknown error'})`, { cause });
  }
}
