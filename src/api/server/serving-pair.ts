import { KeyObject, X509Certificate, createPrivateKey, webcrypto } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { AdapterError } from '../../errors.ts';

/** Certificate (with its chain) and private key of the API server, both PEM. */
export interface ServingPair {
  readonly certificate: string;
  readonly key: string;
}

const dayMs = 24 * 3600_000;
const validityDays = 365;
/** A kept pair with less than this left is made anew at start. */
const renewBeforeDays = 30;

/** When the certificate expires, Unix ms; of a chain, the first. */
export const certificateExpiresAtMs = ({ certificate }: ServingPair): number =>
  new X509Certificate(certificate).validToDate.getTime();

/** @throws AdapterError `ConfigInvalid`, naming the file that cannot be read or does not fit the other */
export async function loadServingPair(certFile: string, keyFile: string): Promise<ServingPair> {
  const read = async (file: string, what: string) => {
    try {
      return await readFile(file, 'utf8');
    } catch (cause) {
      throw new AdapterError('ConfigInvalid', `${what} ${file} cannot be read`, { cause });
    }
  };
  const pair = { certificate: await read(certFile, 'certificate'), key: await read(keyFile, 'private key') };
  try {
    if (new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key))) {
      // The rest of the chain, and what else a handshake would stumble over.
      createSecureContext({ cert: pair.certificate, key: pair.key });
      return pair;
    }
  } catch (cause) {
    throw new AdapterError('ConfigInvalid', `${certFile} and ${keyFile} are not a PEM certificate and key`, {
      cause,
    });
  }
  throw new AdapterError(
    'ConfigInvalid',
    `the private key ${keyFile} is not the one of the certificate ${certFile}`,
  );
}

/** Where a self-made pair is kept. The certificate is its own CA. */
export const pairFiles = (certDir: string) => ({
  certFile: join(certDir, 'tls.crt'),
  keyFile: join(certDir, 'tls.key'),
});

/**
 * The pair kept in `certDir`, or a new self-signed one where there is none, it does not cover all the names, or
 * it expires within 30 days.
 *
 * @param names DNS names and IP addresses for the subject alternative names
 * @throws AdapterError `ConfigInvalid` where the directory cannot be written
 */
export async function keepServingPair(
  certDir: string,
  names: readonly string[],
  clock: { now(): number },
): Promise<ServingPair> {
  const { certFile, keyFile } = pairFiles(certDir);
  try {
    const kept = await loadServingPair(certFile, keyFile);
    if (isUsable(kept, names, clock.now())) return kept;
  } catch (error) {
    // Whatever is wrong with the kept pair, a new one mends it.
    if (!(error instanceof AdapterError)) throw error;
  }
  const pair = await makePair(names, clock.now());
  try {
    await mkdir(certDir, { recursive: true, mode: 0o700 });
    await replaceFile(keyFile, pair.key);
    await replaceFile(certFile, pair.certificate);
  } catch (cause) {
    throw new AdapterError('ConfigInvalid', `the serving certificate cannot be kept in ${certDir}`, {
      cause,
    });
  }
  return pair;
}

function isUsable({ certificate }: ServingPair, names: readonly string[], nowMs: number): boolean {
  const parsed = new X509Certificate(certificate);
  const covers = (name: string) =>
    (isIP(name) === 0 ? parsed.checkHost(name) : parsed.checkIP(name)) !== undefined;
  return parsed.validToDate.getTime() - nowMs > renewBeforeDays * dayMs && names.every(covers);
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
}

/** The X.509 library is loaded only here: most starts find a pair. */
async function makePair(names: readonly string[], nowMs: number): Promise<ServingPair> {
  await import('reflect-metadata'); // must come first: x509's injector looks for it
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex'),
      name: 'CN=sls-metrics-adapter',
      notBefore: new Date(nowMs - 3600_000),
      notAfter: new Date(nowMs + validityDays * dayMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
        ),
      ],
    },
    webcrypto,
  );
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
