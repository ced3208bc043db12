import { X509Certificate } from 'node:crypto';
import { certificateBlocks } from './client/pem.ts';

/** Of the adapter's own certificates, those of replicas that are or were. */
const maxOwn = 32;

export interface CaBundle {
  readonly pem: string;
  readonly certificates: number;
  /** False: it is as before. */
  readonly changed: boolean;
}

/**
 * What a caBundle must hold so that ours is trusted too. Rules: docs/decisions/serving-certificate.md.
 *
 * @param present the bundle as it is, PEM; whatever is no certificate is dropped
 * @param ours one or more certificates, PEM
 */
export function mergedBundle(present: string, ours: string, nowMs: number): CaBundle {
  const there = certificatesOf(present);
  const own = certificatesOf(ours);
  if (own.every((one) => there.some((other) => other.raw.equals(one.raw))))
    return { pem: present, certificates: there.length, changed: false };
  const subjects = new Set(own.map(({ subject }) => subject));
  const others = there.filter(
    (one) => one.validToDate.getTime() > nowMs && !own.some((other) => other.raw.equals(one.raw)),
  );
  const sisters = others
    .filter(({ subject }) => subjects.has(subject))
    .sort((one, other) => other.validFromDate.getTime() - one.validFromDate.getTime())
    .slice(0, Math.max(0, maxOwn - own.length));
  const strangers = others.filter(({ subject }) => !subjects.has(subject));
  const all = [...own, ...sisters, ...strangers];
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
