import { X509Certificate } from 'node:crypto';
import { certificateBlocks } from './client/pem.ts';

/** How many certificates of the adapter stay in the bundle: those of its replicas, present and past. */
const maxOwn = 32;

/**
 * Returns the caBundle that trusts our certificates too. Rules: docs/decisions/serving-certificate.md.
 *
 * @param present the present bundle, PEM. Text that is not a certificate is dropped
 * @param ours one or more certificates, PEM
 * @returns `changed` false: the bundle is the same as before
 */
export function mergedBundle(present: string, ours: string, nowMs: number) {
  const trusted = certificatesOf(present);
  const own = certificatesOf(ours);
  if (own.every((one) => trusted.some((other) => other.raw.equals(one.raw))))
    return { pem: present, certificates: trusted.length, changed: false };
  const subjects = new Set(own.map(({ subject }) => subject));
  const others = trusted.filter(
    (one) => one.validToDate.getTime() > nowMs && !own.some((other) => other.raw.equals(one.raw)),
  );
  const ofReplicas = others
    .filter(({ subject }) => subjects.has(subject))
    .sort((one, other) => other.validFromDate.getTime() - one.validFromDate.getTime())
    .slice(0, Math.max(0, maxOwn - own.length));
  const foreign = others.filter(({ subject }) => !subjects.has(subject));
  const all = [...own, ...ofReplicas, ...foreign];
  return { pem: all.map((one) => one.toString()).join(''), certificates: all.length, changed: true };
}

function certificatesOf(pem: string): X509Certificate[] {
  return certificateBlocks(pem).flatMap((text) => {
    try {
      return [new X509Certificate(text)];
    } catch {
      return [];
    }
  });
}
