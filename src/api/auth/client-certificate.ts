import { X509Certificate } from 'node:crypto';
import type { User } from '../../kube/reviews/user.ts';

/** Extended key usages that let a certificate stand for a client. Source: RFC 5280, 4.2.1.12. */
const clientUsages = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

/** Longer chains of intermediates are refused: none is in use, and a circle has no end. */
const maxIntermediates = 4;

/** What a client presented: its own certificate, and those that it sent along. */
export interface PresentedChain {
  readonly leaf: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
}

/** All certificates of a PEM bundle. @throws Error where one of them is none */
export function parseBundle(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/**
 * Whether the chain leads to one of the roots, is valid now, and is one of a client, each certificate in it:
 * extended key usage `clientAuth`, any, or none at all (as Go's x509.Verify with KeyUsages ExtKeyUsageClientAuth).
 */
export function isTrustedClient(
  { leaf, intermediates }: PresentedChain,
  roots: readonly X509Certificate[],
  nowMs: number,
): boolean {
  const isForClients = ({ keyUsage }: X509Certificate) =>
    ((keyUsage as readonly string[] | undefined) ?? clientUsages).some((usage) =>
      clientUsages.includes(usage),
    );
  const isCurrent = (certificate: X509Certificate) =>
    certificate.validFromDate.getTime() <= nowMs && nowMs <= certificate.validToDate.getTime();
  const reaches = (certificate: X509Certificate, left: readonly X509Certificate[]): boolean => {
    if (!isCurrent(certificate) || !isForClients(certificate)) return false;
    if (roots.some((root) => isCurrent(root) && isForClients(root) && isIssuedBy(certificate, root)))
      return true;
    return left.some(
      (issuer) =>
        isIssuedBy(certificate, issuer) &&
        reaches(
          issuer,
          left.filter((other) => other !== issuer),
        ),
    );
  };
  return intermediates.length <= maxIntermediates && reaches(leaf, intermediates);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** The name parts of a subject; an attribute that comes several times keeps its order. */
export function subjectOf(certificate: X509Certificate): {
  readonly commonName: string;
  readonly organizations: readonly string[];
} {
  const subject = certificate.toLegacyObject().subject as unknown as Readonly<
    Record<string, string | string[]>
  >;
  const all = (name: string) => [subject[name] ?? []].flat();
  return { commonName: all('CN').at(-1) ?? '', organizations: all('O') };
}

/**
 * The user that a client certificate stands for: common name and organizations. Source: Kubernetes, "X509 client
 * certificates".
 */
export function certificateUser(certificate: X509Certificate): User | undefined {
  const { commonName, organizations } = subjectOf(certificate);
  return commonName === '' ? undefined : { name: commonName, groups: organizations, extra: {} };
}
