const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Returns the certificates of a PEM text, one string each. Text around them is dropped, as Go does. */
export function certificateBlocks(pem: string): readonly string[] {
  return pem.match(certificateBlock) ?? [];
}
