import { X509Certificate, createPrivateKey } from 'node:crypto';

/** What a file must hold. */
export type PemKind = 'certificate' | 'private key';

/** What a PEM block is called, and what it is. Source: RFC 7468; OpenSSL, PEM. */
const otherBlocks: readonly (readonly [RegExp, string])[] = [
  [/^OPENSSH PRIVATE KEY$/, 'is a key of OpenSSH, not of TLS'],
  [/^(RSA |EC )?PUBLIC KEY$/, 'is a public key'],
  [/CERTIFICATE REQUEST$/, 'is a certificate request, not a signed certificate'],
  [/^PKCS7$/, 'is a PKCS#7 bundle'],
  [/^(TRUSTED |X509 )?CERTIFICATE$/, 'is a certificate'],
  [/PRIVATE KEY$/, 'is a private key'],
];

/**
 * Returns why a file cannot be used, in words that follow its name, with a command that converts it if there is one;
 * undefined if the file can be read as that kind. Never quotes the file.
 */
export function pemProblem(content: Buffer, kind: PemKind): string | undefined {
  const text = content.toString('latin1');
  const labels = Array.from(text.matchAll(/-----BEGIN ([^-]+)-----/g), ([, label = '']) => label);
  if (labels.length === 0) return binaryProblem(content, kind);
  const isKey = kind === 'private key';
  const isEncrypted = labels.includes('ENCRYPTED PRIVATE KEY') || /^Proc-Type: 4,ENCRYPTED/m.test(text);
  if (isKey && isEncrypted)
    return 'is encrypted, and the adapter has no passphrase (openssl pkey -in FILE -out tls.key decrypts it)';
  const wanted = isKey ? /^(?!OPENSSH).*PRIVATE KEY$/ : /^(X509 |TRUSTED )?CERTIFICATE$/;
  if (!labels.some((label) => wanted.test(label))) {
    const other = otherBlocks.find(([pattern]) => labels.some((label) => pattern.test(label)))?.[1];
    return `${other ?? `holds ${labels.join(', ')}`}, where a ${kind} is expected`;
  }
  return reads(() => (isKey ? createPrivateKey(content) : new X509Certificate(content)))
    ? undefined
    : `holds a damaged ${kind}`;
}

function binaryProblem(content: Buffer, kind: PemKind): string {
  if (content.length === 0) return 'is empty';
  if (reads(() => new X509Certificate(content)))
    return kind === 'certificate'
      ? 'is in DER, not in PEM (openssl x509 -inform der -in FILE -out tls.crt converts it)'
      : 'is a certificate in DER, where a private key in PEM is expected';
  const isKey = (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) =>
    reads(() => createPrivateKey({ key: content, format: 'der', type })),
  );
  if (isKey)
    return kind === 'private key'
      ? 'is in DER, not in PEM (openssl pkey -inform der -in FILE -out tls.key converts it)'
      : 'is a private key in DER, where a certificate in PEM is expected';
  // ASN.1: a sequence with a length of two bytes.
  if (content[0] === 0x30 && content[1] === 0x82)
    return `is binary, not in PEM: maybe PKCS#12 (openssl pkcs12 -in FILE -nodes shows its contents in PEM), or an encrypted key in DER`;
  return `is not in PEM: it has no -----BEGIN ${kind.toUpperCase()}-----`;
}

function reads(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
