import { createCipheriv, randomBytes } from 'node:crypto';

interface TokenParts {
  readonly id: string;
  readonly secret: string;
  readonly token: string;
  /** 16, 24 or 32 bytes. */
  readonly keyring?: string;
  readonly expiration?: string;
}

/** Encrypts as ACK does: base64 of IV ‖ AES-CBC with PKCS#5 padding. */
export function encrypted(plain: string, keyring: string): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv(`aes-${Buffer.byteLength(keyring) * 8}-cbc`, keyring, iv);
  return Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final()]).toString('base64');
}

/** Returns what ACK writes to `/var/addon/token-config`. By default the token expires in an hour. */
export function encryptedToken(parts: TokenParts): string {
  const { id, secret, token, keyring = '0123456789abcdef', expiration = inSeconds(3600) } = parts;
  return JSON.stringify({
    'access.key.id': encrypted(id, keyring),
    'access.key.secret': encrypted(secret, keyring),
    'security.token': encrypted(token, keyring),
    expiration,
    keyring,
  });
}

/** Returns a time in the format of the token's expiration. */
export const inSeconds = (seconds: number, nowMs = Date.now()): string =>
  new Date(nowMs + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
