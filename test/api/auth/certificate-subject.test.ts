import { expect, it } from 'vitest';
import { subjectOf } from '../../../src/api/auth/certificate-subject.ts';
import { createCa } from '../../support/certificates.ts';
import {
  craftCertificate,
  ecKeys,
  named,
  stringTags,
  type NamePart,
} from '../../support/crafted-certificates.ts';
import { X509Certificate } from 'node:crypto';

const { publicKey, privateKey: signer } = ecKeys();
const subjectWith = (...subject: readonly NamePart[]) =>
  subjectOf(craftCertificate({ subject, issuer: named('ca'), publicKey, signer, isCa: false }));
const part = (
  attribute: 'CN' | 'O',
  text: string,
  tag?: number,
  encoding: BufferEncoding = 'utf8',
): NamePart => ({
  attribute,
  bytes: Buffer.from(text, encoding),
  ...(tag === undefined ? {} : { tag }),
});

it('reads the last common name and all organizations, in their order', () => {
  const parts = [part('O', 'b'), part('CN', 'first'), part('O', 'a'), part('O', 'é'), part('CN', 'jürgen')];
  expect(subjectWith(...parts)).toEqual({ commonName: 'jürgen', organizations: ['b', 'a', 'é'] });
});

it('reads what a library writes', async () => {
  const { certificate } = await (await createCa('ca')).issue({ cn: 'jürgen', groups: ['b', 'a'] });
  expect(subjectOf(new X509Certificate(certificate))).toEqual({
    commonName: 'jürgen',
    organizations: ['b', 'a'],
  });
});

it('has no names if the subject has none', () => {
  expect(subjectWith()).toEqual({ commonName: '', organizations: [] });
});

it.each([
  ['PrintableString', stringTags.printable],
  ['IA5String', stringTags.ia5],
])('reads ASCII in a %s', (_, tag) => {
  expect(subjectWith(part('CN', 'jane', tag))?.commonName).toBe('jane');
  expect(subjectWith(part('CN', 'j\xfcrgen', tag, 'latin1'))).toBeUndefined();
});

it.each([
  ['a T61String', part('CN', 'j\xfcrgen', stringTags.t61, 'latin1')],
  ['a T61String of ASCII', part('CN', 'admin', stringTags.t61)],
  ['a BMPString', part('CN', 'nimda', stringTags.bmp, 'utf16le')],
  ['a UniversalString', part('CN', '\0\0\0a', stringTags.universal)],
])('is not certain with %s as common name or organization', (_, odd) => {
  expect(subjectWith(odd)).toBeUndefined();
  expect(subjectWith(part('CN', 'jane'), { ...odd, attribute: 'O' })).toBeUndefined();
});

it('reads a name of many bytes, and one with a zero in it', () => {
  expect(subjectWith(part('CN', 'x'.repeat(60_000)))?.commonName).toHaveLength(60_000);
  expect(subjectWith(part('CN', 'admin\0.example'))?.commonName).toBe('admin\0.example');
});
