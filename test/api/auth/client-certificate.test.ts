import { X509Certificate } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { isTrustedClient } from '../../../src/api/auth/client-certificate.ts';
import { craftCertificate, craftRsaKey, ecKeys, named } from '../../support/crafted-certificates.ts';

const root = ecKeys();
const rootCertificate = craftCertificate({
  subject: named('root'),
  issuer: named('root'),
  publicKey: root.publicKey,
  signer: root.privateKey,
});
const { publicKey: leafKey, privateKey: stranger } = ecKeys();
const nowMs = Date.now();

afterEach(() => void vi.restoreAllMocks());

/** Returns whether the chain is trusted, and the keys that checked signatures. */
function verify(leaf: X509Certificate, intermediates: readonly X509Certificate[]) {
  const check = vi.spyOn(X509Certificate.prototype, 'verify');
  const isTrusted = isTrustedClient({ leaf, intermediates }, [rootCertificate], nowMs);
  return { isTrusted, checked: check.mock.calls.map(([key]) => key) };
}

it('a chain of four intermediates is trusted, in any order', () => {
  const intermediates: X509Certificate[] = [];
  let issuer = { name: 'root', keys: root };
  const issue = (name: string, keys: ReturnType<typeof ecKeys>, isCa: boolean) =>
    craftCertificate({
      subject: named(name),
      issuer: named(issuer.name),
      publicKey: keys.publicKey,
      signer: issuer.keys.privateKey,
      isCa,
    });
  for (const name of ['ca 1', 'ca 2', 'ca 3', 'ca 4']) {
    const keys = ecKeys();
    intermediates.push(issue(name, keys, true));
    issuer = { name, keys };
  }
  const leaf = issue('jane', ecKeys(), false);
  expect(verify(leaf, intermediates.toReversed()).isTrusted).toBe(true);
  expect(verify(leaf, intermediates.slice(1)).isTrusted).toBe(false);
});

it.each([
  ['linked by names', (index: number) => named(`c${index}`)],
  ['all of one name', () => named('same')],
  ['all of the name of the root', () => named('root')],
])('the keys of a crafted chain check no signature: %s', (_, name) => {
  const intermediates = [1, 2, 3, 4].map((index) =>
    craftCertificate({
      subject: name(index),
      issuer: name(index + 1),
      publicKey: craftRsaKey(16_384),
      signer: stranger,
    }),
  );
  const leaf = craftCertificate({
    subject: named('jane'),
    issuer: name(1),
    publicKey: leafKey,
    signer: stranger,
    isCa: false,
  });
  const { isTrusted, checked } = verify(leaf, intermediates);
  expect(isTrusted).toBe(false);
  expect(checked.every((key) => key.equals(root.publicKey))).toBe(true);
  expect(checked.length).toBeLessThanOrEqual(5);
});

it('many roots of one name cost a bounded number of checks', () => {
  const roots = Array.from({ length: 50 }, () => {
    const keys = ecKeys();
    const name = named('root');
    return craftCertificate({
      subject: name,
      issuer: name,
      publicKey: keys.publicKey,
      signer: keys.privateKey,
    });
  });
  const leaf = craftCertificate({
    subject: named('x'),
    issuer: named('root'),
    publicKey: leafKey,
    signer: stranger,
    isCa: false,
  });
  const check = vi.spyOn(X509Certificate.prototype, 'verify');
  expect(isTrustedClient({ leaf, intermediates: [] }, roots, nowMs)).toBe(false);
  expect(check).toHaveBeenCalledTimes(20);
});

it.each([
  [8192, true],
  [16_384, false],
])('a client with an RSA key of %i bits is trusted: %s', (bits, isTrusted) => {
  const leaf = craftCertificate({
    subject: named('jane'),
    issuer: named('root'),
    publicKey: craftRsaKey(bits),
    signer: root.privateKey,
    isCa: false,
  });
  expect(verify(leaf, []).isTrusted).toBe(isTrusted);
});
