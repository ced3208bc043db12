import { KeyObject, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import 'reflect-metadata'; // must come first: the injector of x509 needs it
import * as x509 from '@peculiar/x509';

/** Certificate (followed by its intermediates) and private key, both PEM. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

export interface IssueOptions {
  readonly cn?: string;
  /** Kubernetes' groups: one organization (O) each. */
  readonly groups?: readonly string[];
  /** `none`: without the extension; `wrong`: for e-mail only. Default `client`. */
  readonly eku?: 'client' | 'server' | 'none' | 'wrong';
  /** DNS names and IP addresses. */
  readonly sans?: readonly string[];
  /** Default: an hour ago. */
  readonly notBefore?: Date;
  /** Default: in an hour. */
  readonly notAfter?: Date;
  /** Signed by an intermediate CA, whose certificate follows in the PEM; or by an unsuitable one. */
  readonly intermediate?: boolean | 'for servers' | 'expired' | 'no authority';
}

export interface Ca {
  readonly name: string;
  /** In PEM. */
  readonly certificate: string;
  readonly key: string;
  issue(options: IssueOptions): Promise<PemPair>;
}

interface Signer {
  readonly certificate: x509.X509Certificate;
  readonly keys: CryptoKeyPair;
}
type CryptoKeyPair = webcrypto.CryptoKeyPair;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hourMs = 3600_000;
const usages = {
  client: [x509.ExtendedKeyUsage.clientAuth],
  server: [x509.ExtendedKeyUsage.serverAuth],
  none: [],
  wrong: [x509.ExtendedKeyUsage.emailProtection],
};

/**
 * Creates a CA with a new key. Two CAs of the same name do not trust each other.
 *
 * @param name its common name
 * @param validity default: an hour before and after now
 */
export async function createCa(
  name: string,
  validity: { readonly notBefore?: Date; readonly notAfter?: Date } = {},
): Promise<Ca> {
  const self = await makeAuthority(name, undefined, validity);
  return {
    name,
    certificate: pem(self.certificate),
    key: keyPem(self.keys),
    issue: async (options) => {
      const { intermediate = false } = options;
      if (intermediate === false) return await makeLeaf(options, self);
      const middle = await makeIntermediate(`${name} intermediate`, self, intermediate);
      const { certificate, key } = await makeLeaf(options, middle);
      return { certificate: certificate + pem(middle.certificate), key };
    },
  };
}

async function makeAuthority(
  name: string,
  issuer: Signer | undefined,
  { notBefore, notAfter }: { readonly notBefore?: Date; readonly notAfter?: Date },
): Promise<Signer> {
  const keys = await makeKeys();
  const certificate = await sign([{ CN: [name] }], keys, issuer, { notBefore, notAfter }, [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ]);
  return { certificate, keys };
}

async function makeIntermediate(
  name: string,
  issuer: Signer,
  kind: Exclude<IssueOptions['intermediate'], false | undefined>,
): Promise<Signer> {
  if (kind === true) return await makeAuthority(name, issuer, {});
  if (kind === 'expired')
    return await makeAuthority(name, issuer, { notAfter: new Date(Date.now() - 1_800_000) });
  const keys = await makeKeys();
  const certificate = await sign([{ CN: [name] }], keys, issuer, {}, [
    new x509.BasicConstraintsExtension(kind === 'for servers', undefined, true),
    ...(kind === 'for servers' ? [new x509.ExtendedKeyUsageExtension(usages.server)] : []),
  ]);
  return { certificate, keys };
}

async function makeLeaf(options: IssueOptions, issuer: Signer): Promise<PemPair> {
  const { cn, groups = [], eku = 'client', sans = [], notBefore, notAfter } = options;
  const keys = await makeKeys();
  const subject = [...groups.map((group) => ({ O: [group] })), ...(cn === undefined ? [] : [{ CN: [cn] }])];
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
  ];
  if (usages[eku].length > 0) extensions.push(new x509.ExtendedKeyUsageExtension(usages[eku]));
  if (sans.length > 0) {
    const names = sans.map((value) => ({
      type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const),
      value,
    }));
    extensions.push(new x509.SubjectAlternativeNameExtension(names));
  }
  const certificate = await sign(subject, keys, issuer, { notBefore, notAfter }, extensions);
  return { certificate: pem(certificate), key: keyPem(keys) };
}

/** Self-signed without an issuer. */
async function sign(
  subject: x509.JsonName,
  keys: CryptoKeyPair,
  issuer: Signer | undefined,
  { notBefore, notAfter }: { readonly notBefore?: Date | undefined; readonly notAfter?: Date | undefined },
  extensions: readonly x509.Extension[],
): Promise<x509.X509Certificate> {
  const signer = issuer?.keys ?? keys;
  return await x509.X509CertificateGenerator.create(
    {
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex'),
      subject,
      issuer: issuer?.certificate.subjectName.toJSON() ?? subject,
      notBefore: notBefore ?? new Date(Date.now() - hourMs),
      notAfter: notAfter ?? new Date(Date.now() + hourMs),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: signer.privateKey,
      extensions: [
        ...extensions,
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
}

const makeKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

const pem = (certificate: x509.X509Certificate) => `${certificate.toString('pem')}\n`;

const keyPem = (keys: CryptoKeyPair) =>
  KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
