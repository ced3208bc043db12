import { beforeAll, describe, expect, it } from 'vitest';
import { mergedBundle } from '../../src/kube/ca-bundle.ts';
import { createCa, type Ca } from '../support/certificates.ts';

const hourMs = 3600_000;
const nowMs = Date.now();

let ours: Ca;
let certManager: Ca;
beforeAll(async () => {
  ours = await createCa('sls-metrics-adapter');
  certManager = await createCa('cert-manager');
});

const pemOf = (...cas: readonly Ca[]) => cas.map(({ certificate }) => certificate).join('');

describe('a merged caBundle', () => {
  it('holds only our certificate if there was none, or none that can be read', () => {
    const expected = { pem: ours.certificate, certificates: 1, changed: true };
    expect(mergedBundle('', ours.certificate, nowMs)).toEqual(expected);
    const junk = 'x\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    expect(mergedBundle(junk, ours.certificate, nowMs)).toEqual(expected);
  });

  it('does not change if our certificate is in it', () => {
    const present = pemOf(certManager, ours);
    expect(mergedBundle(present, ours.certificate, nowMs)).toEqual({
      pem: present,
      certificates: 2,
      changed: false,
    });
  });

  it('holds each of several certificates of ours once', async () => {
    const next = await createCa('sls-metrics-adapter');
    expect(mergedBundle(pemOf(ours), pemOf(next, ours), nowMs).pem).toBe(pemOf(next, ours));
  });

  it('loses expired certificates', async () => {
    const expired = await createCa('cert-manager', { notAfter: new Date(nowMs - 1000) });
    expect(mergedBundle(pemOf(expired, certManager), ours.certificate, nowMs).pem).toBe(
      pemOf(ours, certManager),
    );
  });

  it('keeps the 32 newest certificates of the adapter, and all of others', async () => {
    const olderBy = (hours: number) =>
      createCa('sls-metrics-adapter', { notBefore: new Date(nowMs - hours * hourMs) });
    const replicas = await Promise.all(Array.from({ length: 33 }, (_, index) => olderBy(index + 2)));
    const { pem, certificates } = mergedBundle(
      pemOf(...replicas.toReversed(), certManager),
      ours.certificate,
      nowMs,
    );
    expect(certificates).toBe(33);
    expect(pem).toBe(pemOf(ours, ...replicas.slice(0, 31), certManager));
  });
});
