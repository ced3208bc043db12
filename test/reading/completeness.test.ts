import { describe, expect, it } from 'vitest';
import { Completeness } from '../../src/reading/completeness.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { defaultSettings } from './late-logs.ts';
import { addressWith, alive, betweenProbesMs, ProbedLogstore } from './probed-logstore.ts';

function createCompleteness() {
  const sls = new ProbedLogstore();
  const settingsOf = (project: string) =>
    project === 'slow' ? { initialSeconds: 30, leastSeconds: 20, mostSeconds: 40 } : defaultSettings;
  const { query, clock, observer } = sls;
  return { sls, completeness: new Completeness({ query, clock, observer, settingsOf }) };
}

describe('Completeness', () => {
  it('starts every logstore with the initial delay of its project', () => {
    const { completeness } = createCompleteness();
    expect(completeness.delaySecondsOf(addressWith())).toBe(10);
    expect(completeness.delaySecondsOf(addressWith({ project: 'slow' }))).toBe(30);
    expect(completeness.learned()).toEqual([]);
  });

  it('learns each logstore by itself, within the bounds of its project', async () => {
    const { sls, completeness } = createCompleteness();
    const [usual, slow, idle] = [
      addressWith(),
      addressWith({ project: 'slow' }),
      addressWith({ logstore: 'other' }),
    ];
    let probedAtMs = 0;
    for (let probe = 0; probe < 12; probe++) {
      probedAtMs = sls.clock.now();
      await Promise.all([completeness.probe(usual, alive()), completeness.probe(slow, alive())]);
      sls.clock.advance(betweenProbesMs);
    }
    expect([usual, slow, idle].map((address) => completeness.delaySecondsOf(address))).toEqual([4, 20, 10]);
    expect(new Set(completeness.learned())).toEqual(
      new Set([
        { address: usual, delaySeconds: 4, saturated: false, probedAtMs },
        { address: slow, delaySeconds: 20, saturated: false, probedAtMs },
      ]),
    );
    expect(sls.sent).toHaveLength(24);
    expect([usual, slow, idle].map((address) => completeness.isLearned(address))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('knows a logstore by what its address says, and one over another endpoint as another', async () => {
    const { sls, completeness } = createCompleteness();
    await completeness.probe(addressWith(), alive());
    await completeness.probe(addressWith(), alive());
    expect(sls.sent).toHaveLength(1);
    await completeness.probe(addressWith({ endpoint: parseEndpointUrl('http://127.0.0.1:2') }), alive());
    expect(sls.sent).toHaveLength(2);
  });

  it('forgets the logstore asked of least lately where there are more than a thousand', async () => {
    const { completeness } = createCompleteness();
    const nth = (index: number) => addressWith({ logstore: `logstore-${index}` });
    for (let index = 0; index < 1000; index++) await completeness.probe(nth(index), alive());
    completeness.delaySecondsOf(nth(0));
    await completeness.probe(nth(1000), alive());
    const kept = new Set(completeness.learned().map(({ address }) => address.logstore));
    expect(kept.size).toBe(1000);
    expect(kept).not.toContain('logstore-1');
    expect(kept).toContain('logstore-0');
  });
});
