import {
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';

/** Certificates that no CA issues, in DER: for what a client may send. Their form is valid, but any field may be wrong. */

const tlv = (tag: number, ...contents: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(contents);
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : longLength(length);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
};

function longLength(length: number): number[] {
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return [0x80 | bytes.length, ...bytes];
}

const sequence = (...contents: readonly Buffer[]) => tlv(0x30, ...contents);
const set = (...contents: readonly Buffer[]) => tlv(0x31, ...contents);
/** The first byte is 1, so that no other is needed. */
const serialNumber = () => tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
const bits = (content: Buffer) => tlv(0x03, Buffer.from([0]), content);
const octets = (content: Buffer) => tlv(0x04, content);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const time = (text: string) => tlv(0x17, Buffer.from(text));

/** The types of strings in a name. */
export const stringTags = {
  utf8: 0x0c,
  printable: 0x13,
  t61: 0x14,
  ia5: 0x16,
  universal: 0x1c,
  bmp: 0x1e,
} as const;

export interface NamePart {
  readonly attribute: 'CN' | 'O';
  readonly tag?: number;
  readonly bytes: Buffer;
}

const attributes = { CN: '550403', O: '55040a' } as const;

const nameOf = (parts: readonly NamePart[]) =>
  sequence(
    ...parts.map(({ attribute, tag = stringTags.utf8, bytes }) =>
      set(sequence(oid(attributes[attribute]), tlv(tag, bytes))),
    ),
  );

/** Returns a name with one common name. */
export const named = (text: string): readonly NamePart[] => [{ attribute: 'CN', bytes: Buffer.from(text) }];

const algorithms = {
  ec: sequence(oid('2a8648ce3d040302')),
  rsa: sequence(oid('2a864886f70d01010b'), tlv(0x05)),
} as const;

interface CraftedOptions {
  readonly subject: readonly NamePart[];
  readonly issuer: readonly NamePart[];
  readonly publicKey: KeyObject;
  /** Undefined: the signature is random, as long as an RSA key of so many bits makes it. */
  readonly signer?: KeyObject | undefined;
  readonly signatureBits?: number;
  readonly isCa?: boolean;
  /** Of an extension without a meaning. */
  readonly extensionBytes?: number;
}

const critical = tlv(0x01, Buffer.from([0xff]));
const basicConstraints = sequence(oid('551d13'), critical, octets(sequence(critical)));

export function craftCertificate(options: CraftedOptions): X509Certificate {
  const { subject, issuer, publicKey, signer, signatureBits = 2048, isCa = true } = options;
  const algorithm = algorithms[signer?.asymmetricKeyType === 'ec' ? 'ec' : 'rsa'];
  const extensions = isCa ? [basicConstraints] : [];
  if (options.extensionBytes !== undefined)
    extensions.push(sequence(oid('2a0304'), octets(randomBytes(options.extensionBytes))));
  const toBeSigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    serialNumber(),
    algorithm,
    nameOf(issuer),
    sequence(time('250101000000Z'), time('491231235959Z')),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))]),
  );
  const signature =
    signer === undefined ? randomBytes(signatureBits / 8) : sign('sha256', toBeSigned, signer);
  if (signer === undefined) signature[0] = 0;
  return new X509Certificate(sequence(toBeSigned, algorithm, bits(signature)));
}

/** Returns an RSA key without a private half: to check a signature with it costs as much as with a real one. */
export function craftRsaKey(modulusBits: number): KeyObject {
  const modulus = randomBytes(modulusBits / 8);
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[modulus.length - 1] = (modulus.at(-1) ?? 0) | 1;
  const [n, e] = [modulus, Buffer.from('ffffffffffffffc5', 'hex')].map((one) => one.toString('base64url'));
  return createPublicKey({ key: { kty: 'RSA', n, e } as never, format: 'jwk' });
}

export const ecKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
