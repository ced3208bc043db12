import type { X509Certificate } from 'node:crypto';
import { describe, it } from 'vitest';
import { craftCertificate, craftRsaKey, ecKeys, named } from '../../support/crafted-certificates.ts';
import { scenarioMs, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const bits = 16_384;
const maxMs = 6000;

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
    certificate: chain.map(String).join(''),
    key: leafKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

describe('abuse: crafted chains of client certificates', () => {
  it.each([
    { what: 'of one name', intermediates: 4, nameOf: () => 'clients' },
    { what: 'of linked names', intermediates: 4, nameOf: (index: number) => `c${index}` },
  ])(
    'cost little: $what',
    async ({ intermediates, nameOf }) => {
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
    },
    scenarioMs,
  );
});
