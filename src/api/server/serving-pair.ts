import { KeyObject, X509Certificate, createPrivateKey, webcrypto } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { AdapterError } from '../../errors.ts';
import { pemProblem, type PemKind } from './pem-file.ts';

/** Certificate (with its chain) and private key of the API server, both in PEM. */
export interface ServingPair {
  readonly certificate: string;
  readonly key: string;
}

export interface ServingObserver {
  servingPairReplaced(): void;
  /** Called once for each new failure. The last good pair stays in use. */
  servingPairUnusable(error: AdapterError): void;
}

const dayMs = 24 * 3600_000;
const validityDays = 365;
const renewBeforeDays = 30;

/** Returns when the certificate expires, in Unix ms; of a chain, the first certificate. */
export const certificateExpiresAtMs = ({ certificate }: ServingPair): number =>
  new X509Certificate(certificate).validToDate.getTime();

/** @throws AdapterError `ConfigInvalid` that names the file that cannot be read or does not match the other one */
export async function loadServingPair(certFile: string, keyFile: string): Promise<ServingPair> {
  const invalid = (what: string, cause?: unknown) => new AdapterError('ConfigInvalid', what, { cause });
  const read = async (file: string, kind: PemKind) => {
    const content = await readFile(file).catch((cause: unknown) => {
      throw invalid(`${kind} ${file} cannot be read`, cause);
    });
    const problem = pemProblem(content, kind);
    if (problem === undefined) return content.toString();
    throw invalid(`${kind} ${file} ${problem.replace('FILE', file)}`);
  };
  const pair = { certificate: await read(certFile, 'certificate'), key: await read(keyFile, 'private key') };
  if (!new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key)))
    throw invalid(
      `the private key ${keyFile} does not belong to the certificate ${certFile}, which must be the first of its chain`,
    );
  try {
    // Throws for a bad chain and anything else that would fail in a handshake.
    createSecureContext({ cert: pair.certificate, key: pair.key });
  } catch (cause) {
    throw invalid(`TLS cannot use ${certFile} and ${keyFile}: ${String(cause)}`, cause);
  }
  return pair;
}

/** Returns the files of a self-signed pair. The certificate is its own CA. */
export const pairFiles = (certDir: string) => ({
  certFile: join(certDir, 'tls.crt'),
  keyFile: join(certDir, 'tls.key'),
});

/**
 * Returns the pair stored in `certDir`. Without one, or if it does not cover all names or expires within 30 days, creates
 * and stores a new self-signed pair.
 *
 * @param names DNS names and IP addresses for the subject alternative names
 * @throws AdapterError `ConfigInvalid` if the directory cannot be written
 */
export async function keepServingPair(
  certDir: string,
  names: readonly string[],
  clock: { now(): number },
): Promise<ServingPair> {
  const { certFile, keyFile } = pairFiles(certDir);
  try {
    const stored = await loadServingPair(certFile, keyFile);
    if (isUsable(stored, names, clock.now())) return stored;
  } catch (error) {
    // A new pair replaces the unusable one.
    if (!(error instanceof AdapterError)) throw error;
  }
  const pair = await createPair(names, clock.now());
  try {
    await mkdir(certDir, { recursive: true, mode: 0o700 });
    await replaceFile(keyFile, pair.key);
    await replaceFile(certFile, pair.certificate);
  } catch (cause) {
    throw new AdapterError('ConfigInvalid', `the serving certificate cannot be written to ${certDir}`, {
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

/** Loads the X.509 library only here, because most starts find a stored pair. */
async function createPair(names: readonly string[], nowMs: number): Promise<ServingPair> {
  await import('reflect-metadata'); // must come first: the injector of x509 needs it
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
