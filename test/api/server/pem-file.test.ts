import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pemProblem, type PemKind } from '../../../src/api/server/pem-file.ts';
import { createCa } from '../../support/certificates.ts';

const { certificate } = await createCa('pem');
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const pem = (type: 'pkcs8' | 'sec1') => privateKey.export({ type, format: 'pem' });
const passphrase = { cipher: 'aes-256-cbc', passphrase: 'secret' };
const block = (label: string) => `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`;

const problemOf = (content: string | Buffer, kind: PemKind) => pemProblem(Buffer.from(content), kind);

describe('a PEM file', () => {
  it.each<[string, string | Buffer, PemKind]>([
    ['a certificate', certificate, 'certificate'],
    ['a certificate after text', `subject=CN\n${certificate}`, 'certificate'],
    ['a PKCS#8 key', pem('pkcs8'), 'private key'],
    ['a SEC1 key', pem('sec1'), 'private key'],
    ['a PKCS#1 key', rsa.export({ type: 'pkcs1', format: 'pem' }), 'private key'],
    ['both in one file, read as a key', `${certificate}${String(pem('pkcs8'))}`, 'private key'],
    ['both in one file, read as a certificate', `${String(pem('pkcs8'))}${certificate}`, 'certificate'],
  ])('can be %s', (_, content, kind) => {
    expect(problemOf(content, kind)).toBeUndefined();
  });

  it.each<[string, string | Buffer, PemKind, string]>([
    [
      'an encrypted PKCS#8 key',
      privateKey.export({ type: 'pkcs8', format: 'pem', ...passphrase }),
      'private key',
      'is encrypted, and the adapter has no passphrase (openssl pkey -in',
    ],
    [
      'an encrypted PKCS#1 key',
      rsa.export({ type: 'pkcs1', format: 'pem', ...passphrase }),
      'private key',
      'is encrypted',
    ],
    [
      'a key in DER',
      privateKey.export({ type: 'pkcs8', format: 'der' }),
      'private key',
      'is in DER, not in PEM (openssl pkey -inform der',
    ],
    [
      'a SEC1 key in DER',
      privateKey.export({ type: 'sec1', format: 'der' }),
      'private key',
      'is in DER, not in PEM',
    ],
    [
      'a certificate in DER',
      new X509Certificate(certificate).raw,
      'certificate',
      'is in DER, not in PEM (openssl x509 -inform der',
    ],
    [
      'a certificate in DER as the key',
      new X509Certificate(certificate).raw,
      'private key',
      'is a certificate in DER',
    ],
    [
      'a key in DER as the certificate',
      privateKey.export({ type: 'pkcs8', format: 'der' }),
      'certificate',
      'is a private key in DER',
    ],
    ['PKCS#12', Buffer.from([0x30, 0x82, 0x01, 0x00, 1, 2, 3]), 'certificate', 'maybe PKCS#12'],
    [
      'a key of OpenSSH',
      block('OPENSSH PRIVATE KEY'),
      'private key',
      'is a key of OpenSSH, not of TLS, where a private key is expected',
    ],
    [
      'a public key',
      publicKey.export({ type: 'spki', format: 'pem' }),
      'private key',
      'is a public key, where a private key is expected',
    ],
    [
      'a certificate as the key',
      certificate,
      'private key',
      'is a certificate, where a private key is expected',
    ],
    [
      'a key as the certificate',
      pem('pkcs8'),
      'certificate',
      'is a private key, where a certificate is expected',
    ],
    [
      'a request',
      block('CERTIFICATE REQUEST'),
      'certificate',
      'is a certificate request, not a signed certificate',
    ],
    ['a PKCS#7 bundle', block('PKCS7'), 'certificate', 'is a PKCS#7 bundle'],
    ['a damaged key', block('PRIVATE KEY'), 'private key', 'holds a damaged private key'],
    ['a damaged certificate', block('CERTIFICATE'), 'certificate', 'holds a damaged certificate'],
    ['text', 'x', 'certificate', 'is not in PEM: it has no -----BEGIN CERTIFICATE-----'],
    ['nothing', '', 'private key', 'is empty'],
  ])('that is %s is told as that', (_, content, kind, problem) => {
    expect(problemOf(content, kind)).toContain(problem);
  });
});
