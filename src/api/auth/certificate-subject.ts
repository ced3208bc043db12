import type { X509Certificate } from 'node:crypto';

interface Subject {
  /** The last one, as in Go; empty: none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** Tags of ASN.1 in DER. Source: ITU-T X.690. */
const [sequence, version] = [0x30, 0xa0];

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
  if (fields[0]?.tag === version) fields.shift();
  // After the serial number, the algorithm, the issuer and the validity.
  const subject = fields[4];
  if (subject?.tag !== sequence) return undefined;
  const [commonNames, organizations]: [string[], string[]] = [[], []];
  for (const { content: relative } of elementsOf(subject.content))
    for (const { content: attribute } of elementsOf(relative)) {
      const [id, value] = elementsOf(attribute);
      const type = id?.content.toString('hex');
      if (type !== commonNameId && type !== organizationId) continue;
      const text = value && textOf(value);
      if (text === undefined) return undefined;
      (type === commonNameId ? commonNames : organizations).push(text);
    }
  return { commonName: commonNames.at(-1) ?? '', organizations };
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
