const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, one each; whatever stands around them is dropped, as Go does. */
export function certificateBlocks(pem: string): readonly string[] {
  return pem.match(certificateBlock) ?? [];
}
