import { X509Certificate } from 'node:crypto';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { createCa } from '../../support/certificates.ts';
import type * as clientCertificate from '../../../src/api/auth/client-certificate.ts';
import { craftCertificate, craftRsaKey, ecKeys, named } from '../../support/crafted-certificates.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';
import { expectWithin } from '../../support/own-time.ts';

const bits = 16_384;
const maxMs = 6000;
/** Of the adapter, for each chain. OpenSSL's share before it is 8 to 25 ms, and no setting bounds it. */
const maxCpuMs = 3;
const checkout = process.env['ABUSE_CHECKOUT'] ?? resolve(import.meta.dirname, '../../..');

/** A chain whose names are linked as in a real one, up to the name of the authority. */
function craftPair(intermediates: number, nameOf: (index: number) => string) {
  const leafKeys = ecKeys();
  const craft = (index: number, publicKey: X509Certificate['publicKey'], isCa: boolean) =>
    craftCertificate({
      subject: named(nameOf(index)),
      issuer: named(nameOf(index + 1)),
      publicKey,
      signatureBits: bits,
      isCa,
    });
  const chain = [craft(0, leafKeys.publicKey, false)];
  while (chain.length <= intermediates) chain.push(craft(chain.length, craftRsaKey(bits), true));
  return {
    chain,
    certificate: chain.map(String).join(''),
    key: leafKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/**
 * A stranger presents chains of certificates whose names fit an authority of the cluster, with keys of 16,384 bits.
 *
 * @attacks api/auth/client-certificate.ts
 * @attacks api/auth/authentication.ts #trusted
 */
describe('abuse: crafted chains of client certificates', () => {
  it('cost the adapter no signature checks of its own', async () => {
    const { isTrustedClient } = (await import(
      join(checkout, 'src/api/auth/client-certificate.ts')
    )) as typeof clientCertificate;
    const ca = await createCa('clients');
    const roots = [new X509Certificate(ca.certificate)];
    const [leaf, ...intermediates] = craftPair(4, () => 'clients').chain;
    if (leaf === undefined) throw new Error('the chain is empty');
    const chains = 10;
    const before = process.threadCpuUsage();
    for (let index = 0; index < chains; index += 1)
      expect(isTrustedClient({ leaf, intermediates }, roots, Date.now())).toBe(false);
    const { user, system } = process.threadCpuUsage(before);
    expectWithin((user + system) / 1000 / chains, maxCpuMs);
  });

  it.each([
    { what: 'of one name', intermediates: 4, nameOf: () => 'clients' },
    { what: 'of linked names', intermediates: 4, nameOf: (index: number) => `c${index}` },
  ])('cost little: $what', async ({ intermediates, nameOf }) => {
    await using scenario = await startScenario();
    const { attackers } = scenario;
    const pair = craftPair(intermediates, nameOf);
    const harm = await scenario.attack(() =>
      attackers.repeat({ count: 100, concurrency: 2, maxMs }, async () => {
        const session = await attackers.http2(pair);
        await attackers.request(session, { ':path': '/apis' });
        session.destroy();
      }),
    );
    expectUnharmed(harm);
  });
});
