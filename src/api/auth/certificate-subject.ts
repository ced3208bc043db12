import type { X509Certificate } from 'node:crypto';

/** The names in a subject. An attribute that occurs several times keeps its order. */
export interface Subject {
  /** The last one, as in Go; empty: none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** ASN.1 in DER, as far as names need it. Source: ITU-T X.690. */
const tags = { sequence: 0x30, set: 0x31, objectId: 0x06, version: 0xa0 } as const;

/** Attributes by the bytes of their object id. Source: RFC 5280, A.1. */
const commonNameId = '550403';
const organizationId = '55040a';

/**
 * The types of text whose bytes mean the same to every reader: UTF8String, and those that are ASCII (NumericString,
 * PrintableString, IA5String). T61String, BMPString and UniversalString are read differently by different programs, so one
 * name could be two users.
 */
const utf8String = 0x0c;
const asciiStrings = [0x12, 0x13, 0x16];

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/**
 * Returns the names as they are in the certificate; undefined if a name is not certain. Node's own `subject` does not tell of
 * which type a text is.
 */
export function subjectOf({ raw }: X509Certificate): Subject | undefined {
  const [certificate] = elementsOf(raw);
  const [toBeSigned] = elementsOf(certificate?.content);
  const fields = elementsOf(toBeSigned?.content);
  if (fields[0]?.tag === tags.version) fields.shift();
  // After the serial number, the algorithm, the issuer and the validity.
  const subject = fields[4];
  if (subject?.tag !== tags.sequence) return undefined;
  const names = new Map<string, string[]>([
    [commonNameId, []],
    [organizationId, []],
  ]);
  for (const { content: relative } of elementsOf(subject.content))
    for (const { content: attribute } of elementsOf(relative)) {
      const [id, value] = elementsOf(attribute);
      const known = names.get(id?.content.toString('hex') ?? '');
      if (known === undefined) continue;
      const text = value && textOf(value);
      if (text === undefined) return undefined;
      known.push(text);
    }
  return {
    commonName: names.get(commonNameId)?.at(-1) ?? '',
    organizations: names.get(organizationId) ?? [],
  };
}

function textOf({ tag, content }: Element): string | undefined {
  if (asciiStrings.includes(tag))
    return content.every((byte) => byte < 0x80) ? content.toString('latin1') : undefined;
  return tag === utf8String ? decodedUtf8(content) : undefined;
}

/** Returns undefined if the bytes are not UTF-8. */
export function decodedUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns the elements one after another. OpenSSL has read the certificate, so its form is valid. */
function elementsOf(bytes: Buffer = Buffer.alloc(0)): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at + 1 < bytes.length;) {
    const [tag = 0, short = 0] = bytes.subarray(at, at + 2);
    const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
    const length = lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, Math.min(lengthBytes, 6));
    const start = at + 2 + lengthBytes;
    elements.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}
