import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { certificateBlocks } from '../../kube/client/pem.ts';
import type { User } from '../../kube/reviews/user.ts';
import { subjectOf } from './certificate-subject.ts';

/** `clientAuth` and `any`. Source: RFC 5280, 4.2.1.12. */
const clientUsages = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0'];

/** No longer chains are in use. The bound also ends the search in a circle of certificates. */
const maxIntermediates = 4;

/** Checks of a signature for one chain. A chain in use needs one for each certificate. */
const maxSignatureChecks = 20;

/** Source: Go's crypto/tls, which refuses larger keys of peers. */
const maxRsaBits = 8192;

/** The certificate of a client, and the intermediate certificates that it sent along. */
export interface PresentedChain {
  readonly leaf: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
}

export type PeerSocket = Pick<TLSSocket, 'getPeerX509Certificate'>;

/** Returns undefined if the client presented no certificate. */
export function presentedChain(socket: PeerSocket): PresentedChain | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return undefined;
  const seen = new Set([leaf.fingerprint256]);
  const intermediates: X509Certificate[] = [];
  let issuer = leaf.issuerCertificate;
  // A self-signed certificate names itself as its issuer. One certificate too many makes the chain too long.
  while (
    issuer !== undefined &&
    intermediates.length <= maxIntermediates &&
    !seen.has(issuer.fingerprint256)
  ) {
    seen.add(issuer.fingerprint256);
    intermediates.push(issuer);
    issuer = issuer.issuerCertificate;
  }
  return { leaf, intermediates };
}

/** @throws Error if a certificate of the bundle cannot be read */
export const parseBundle = (pem: string): X509Certificate[] =>
  certificateBlocks(pem).map((block) => new X509Certificate(block));

/**
 * Returns whether the chain leads to one of the roots, and each of its certificates is valid now and one for clients:
 * with extended key usage `clientAuth`, `any`, or none at all (Go's x509.Verify with ExtKeyUsageClientAuth).
 *
 * It goes from the roots down, so that only keys that a root vouches for check a signature: what a stranger sends costs a
 * few checks with the keys of the cluster.
 */
export function isTrustedClient(
  { leaf, intermediates }: PresentedChain,
  roots: readonly X509Certificate[],
  nowMs: number,
): boolean {
  if (intermediates.length > maxIntermediates) return false;
  const isUsable = (certificate: X509Certificate) =>
    isCurrent(certificate, nowMs) && isForClients(certificate);
  let checks = 0;
  const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate) =>
    certificate.checkIssued(issuer) &&
    hasUsableKey(certificate) &&
    ++checks <= maxSignatureChecks &&
    certificate.verify(issuer.publicKey);
  let unreached: readonly X509Certificate[] = [leaf, ...intermediates].filter(isUsable);
  let issuers = roots.filter((root) => root.ca && isUsable(root));
  while (issuers.length > 0 && unreached.includes(leaf)) {
    const reached = unreached.filter((one) => issuers.some((issuer) => isIssuedBy(one, issuer)));
    unreached = unreached.filter((one) => !reached.includes(one));
    issuers = reached.filter((one) => one.ca);
  }
  return isUsable(leaf) && !unreached.includes(leaf);
}

/** Returns why `isTrustedClient` is false, as far as the certificates tell without a check of a signature. */
export function whyUntrusted({ leaf, intermediates }: PresentedChain, nowMs: number): string {
  for (const certificate of [leaf, ...intermediates]) {
    const which = certificate === leaf ? 'it' : 'an intermediate certificate';
    const [from, to] = [certificate.validFromDate, certificate.validToDate];
    if (to.getTime() < nowMs) return `${which} expired at ${to.toISOString()}`;
    if (from.getTime() > nowMs) return `${which} is valid only from ${from.toISOString()}`;
    if (!isForClients(certificate)) return `${which} is not for clients by its extended key usage`;
  }
  return 'no authority of the cluster that is valid now signed it';
}

const isCurrent = ({ validFromDate, validToDate }: X509Certificate, nowMs: number) =>
  validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();

function isForClients({ keyUsage }: X509Certificate): boolean {
  // Node's type does not tell that it is undefined without the extension.
  const usages = (keyUsage as readonly string[] | undefined) ?? clientUsages;
  return usages.some((usage) => clientUsages.includes(usage));
}

function hasUsableKey({ publicKey }: X509Certificate): boolean {
  const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {};
  return modulusLength <= maxRsaBits;
}

/**
 * Returns the user named by a client certificate: common name and organizations; undefined without a common name.
 * Source: Kubernetes, "X509 client certificates".
 */
export function certificateUser(certificate: X509Certificate): User | undefined {
  const { commonName, organizations } = subjectOf(certificate) ?? {};
  if (commonName === undefined || commonName === '' || organizations === undefined) return undefined;
  return { name: commonName, groups: organizations, extra: {} };
}
