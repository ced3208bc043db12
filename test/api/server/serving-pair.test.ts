import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepServingPair, loadServingPair, pairFiles } from '../../../src/api/server/serving-pair.ts';

const names = ['localhost', '127.0.0.1', '::1'];
const dayMs = 24 * 3600_000;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pair-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe('a self-signed serving pair', () => {
  it('covers every name, is for servers, and is valid for a year', async () => {
    const nowMs = Date.now();
    const { certificate } = await keepServingPair(dir, names, { now: () => nowMs });
    const parsed = new X509Certificate(certificate);
    expect(parsed.checkHost('localhost')).toBe('localhost');
    expect(['127.0.0.1', '::1'].map((address) => parsed.checkIP(address))).toEqual(['127.0.0.1', '::1']);
    expect(parsed.checkHost('example.com')).toBeUndefined();
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(Math.round((parsed.validToDate.getTime() - nowMs) / dayMs)).toBe(365);
    expect(parsed.validFromDate.getTime()).toBeLessThan(nowMs);
  });

  it('is stored readable by its owner only, and reused', async () => {
    const first = await keepServingPair(join(dir, 'new', 'folder'), names, Date);
    const { certFile, keyFile } = pairFiles(join(dir, 'new', 'folder'));
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect(await loadServingPair(certFile, keyFile)).toEqual(first);
    expect(await keepServingPair(join(dir, 'new', 'folder'), ['localhost'], Date)).toEqual(first);
  });

  it.each<[what: string, spoil: (files: { certFile: string; keyFile: string }) => Promise<unknown>]>([
    ['with 29 days left', () => Promise.resolve()],
    ['that lacks a name', () => Promise.resolve()],
    ['without its key', ({ keyFile }) => rm(keyFile)],
    ['with a garbage certificate', ({ certFile }) => writeFile(certFile, 'garbage')],
    [
      'with the key of another pair',
      async ({ keyFile }) => {
        await keepServingPair(join(dir, 'other'), names, Date);
        await writeFile(keyFile, await readFile(pairFiles(join(dir, 'other')).keyFile));
      },
    ],
  ])('%s is replaced', async (what, spoil) => {
    const first = await keepServingPair(dir, names, Date);
    await spoil(pairFiles(dir));
    const nowMs = Date.now() + (what === 'with 29 days left' ? 336 * dayMs : 0);
    const wanted = what === 'that lacks a name' ? [...names, 'adapter.kube-system.svc'] : names;
    const second = await keepServingPair(dir, wanted, { now: () => nowMs });
    expect(second.certificate).not.toBe(first.certificate);
    expect(await keepServingPair(dir, wanted, { now: () => nowMs })).toEqual(second);
  });

  it('in a directory that cannot be written fails with an error that names the directory', async () => {
    await writeFile(join(dir, 'file'), '');
    await expect(keepServingPair(join(dir, 'file', 'below'), names, Date)).rejects.toThrow(
      /serving certificate cannot be written to .*below/,
    );
  });
});

describe('a configured serving pair', () => {
  it('that is missing, garbage or mismatched fails with an error that names the file', async () => {
    const { certFile, keyFile } = pairFiles(dir);
    await expect(loadServingPair(certFile, keyFile)).rejects.toThrow(
      /certificate \S*tls\.crt cannot be read/,
    );
    await writeFile(certFile, 'x');
    await writeFile(keyFile, 'x');
    await expect(loadServingPair(certFile, keyFile)).rejects.toThrow(/certificate \S*tls\.crt is not in PEM/);
    await keepServingPair(dir, names, Date);
    await keepServingPair(join(dir, 'other'), names, Date);
    await expect(loadServingPair(certFile, pairFiles(join(dir, 'other')).keyFile)).rejects.toThrow(
      /other\/tls\.key does not belong to the certificate/,
    );
  });

  it('with a malformed chain is refused when it is loaded', async () => {
    const { certFile, keyFile } = pairFiles(dir);
    const { certificate } = await keepServingPair(dir, names, Date);
    const broken = '-----BEGIN CERTIFICATE-----\nMIIBroken\n-----END CERTIFICATE-----\n';
    await writeFile(certFile, certificate + broken);
    await expect(loadServingPair(certFile, keyFile)).rejects.toThrow(/TLS cannot use \S+tls\.crt/);
  });

  it('with an encrypted key is refused with the command that decrypts it', async () => {
    const { certFile, keyFile } = pairFiles(dir);
    const { key } = await keepServingPair(dir, names, Date);
    const encryption = { cipher: 'aes-256-cbc', passphrase: 'secret' };
    const encrypted = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', ...encryption });
    await writeFile(keyFile, encrypted);
    await expect(loadServingPair(certFile, keyFile)).rejects.toThrow(
      /tls\.key is encrypted, .*openssl pkey -in \S+tls\.key -out tls\.key/,
    );
  });
});
