import { createDecipheriv } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Lease } from './credentials.ts';

/** Where ACK mounts the token of its add-ons. */
export const addonTokenFile = '/var/addon/token-config';

/** ACK replaces the file in place, long before the token expires. */
const recheckMs = 1000;

const blockBytes = 16;

/** Of an AES key. */
const keyBytes = [16, 24, 32];

/** @throws Error that says what is wrong with the file and repeats nothing of its content */
export async function readAddonToken(file: string): Promise<Lease> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    throw new Error(`the add-on token ${file} cannot be read (${code})`, { cause });
  });
  return parseAddonToken(text, `the add-on token ${file}`);
}

/**
 * Decrypts an add-on token: JSON whose values are base64 of IV (16 bytes) ‖ AES-CBC with PKCS#5 padding. The key is the
 * bytes of `keyring`. Source: ACK add-ons.
 *
 * @param name how errors name the token
 */
export function parseAddonToken(text: string, name: string): Lease {
  const fields = parseFields(text, name);
  const textOf = (field: string): string => {
    const value = fields[field];
    if (typeof value === 'string' && value !== '') return value;
    throw new Error(`${name} has no ${JSON.stringify(field)}`);
  };
  const key = Buffer.from(textOf('keyring'));
  if (!keyBytes.includes(key.length))
    throw new Error(`${name}: "keyring" has ${key.length} bytes; an AES key has 16, 24 or 32`);
  const plain = (field: string) => decrypt(textOf(field), key, `${name}: ${JSON.stringify(field)}`);
  return {
    credentials: {
      accessKeyId: plain('access.key.id'),
      accessKeySecret: plain('access.key.secret'),
      securityToken: plain('security.token'),
    },
    expiresAtMs: parseExpiration(textOf('expiration'), name),
    recheck: { afterMs: recheckMs, inBackground: false },
  };
}

function parseFields(text: string, name: string): Readonly<Record<string, unknown>> {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    // The parser's own message would repeat the text.
    throw new Error(`${name} is not JSON`);
  }
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields))
    return fields as Record<string, unknown>;
  throw new Error(`${name} is not a JSON object`);
}

function decrypt(text: string, key: Buffer, name: string): string {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    throw new Error(`${name} is not base64`);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length < 2 * blockBytes || bytes.length % blockBytes !== 0)
    throw new Error(`${name} has ${bytes.length} bytes; an IV and whole blocks of 16 bytes are expected`);
  const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, bytes.subarray(0, blockBytes));
  let plain = '';
  try {
    plain = decipher.update(bytes.subarray(blockBytes), undefined, 'latin1') + decipher.final('latin1');
  } catch {
    // A wrong key gives invalid padding or, with one text in 256, other characters.
  }
  if (/^[\x21-\x7e]+$/.test(plain)) return plain;
  throw new Error(`${name} cannot be decrypted with "keyring"`);
}

function parseExpiration(text: string, name: string): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes 31 February for 3 March.
  if (!Number.isNaN(ms) && new Date(ms).toISOString().replace('.000Z', 'Z') === text) return ms;
  throw new Error(`${name}: "expiration" must be a time such as 2006-01-02T15:04:05Z`);
}
