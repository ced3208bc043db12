import { beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { kedaShareOf } from '../../src/runtime/shares.ts';
import { Circuit } from '../../src/sls/circuit.ts';

describe('an open circuit, of which the queries of one namespace fail', () => {
  let circuit: Circuit;
  let events: string[];
  const [tenant, honest, other] = ['tenant', 'honest', 'other'].map((name) => new Set([name]));
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: unknown) => (error as AdapterError).code,
    );
  const failAs = (namespaces = tenant) =>
    outcome(circuit.run(() => Promise.reject(new AdapterError('SlsTimeout', 'down')), namespaces));
  beforeEach(async () => {
    events = [];
    circuit = new Circuit({
      settings: { failures: 3, openMs: 5000 },
      monotonicMs: () => 0,
      onOpened: ({ what }) => events.push(`opened: ${what}`),
      onClosed: () => events.push('closed'),
    });
    for (let n = 0; n < 3; n += 1) await failAs();
  });

  it('lets a query of another namespace through, which closes it if SLS answers, again and again', async () => {
    for (let outage = 0; outage < 5; outage += 1) {
      expect(circuit.refusal(tenant)).toMatchObject({ code: 'SlsTimeout' });
      expect(circuit.refusal(honest)).toBeUndefined();
      expect(await outcome(circuit.run(() => Promise.resolve(), honest))).toBe('ok');
      expect(circuit.phase).toBe('closed');
      for (let n = 0; n < 3; n += 1) await failAs();
      expect(circuit.phase).toBe('open');
    }
  });

  it('lets one query of each namespace through in an outage of SLS', async () => {
    expect(await failAs(honest)).toBe('SlsTimeout');
    expect(circuit.refusal(honest)).toMatchObject({ code: 'SlsTimeout' });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const probe = circuit.run(() => promise, other);
    expect(circuit.refusal(other)).toMatchObject({ code: 'SlsTimeout' });
    resolve(undefined);
    await probe;
    expect(circuit.refusal(tenant)).toBeUndefined();
    expect(events).toEqual(['opened: down', 'closed']);
  });

  it('stays open for a client of KEDA that names ever new namespaces, and for no other client', async () => {
    const keda = (client: string, index: number) => new Set([kedaShareOf(client, `made-up-${index}`)]);
    let sent = 0;
    for (let index = 0; index < 110; index += 1) {
      if (circuit.refusal(keda('10.0.0.1', index)) !== undefined) continue;
      sent += 1;
      await failAs(keda('10.0.0.1', index));
    }
    expect(sent).toBe(100);
    expect(circuit.refusal(keda('10.0.0.2', 0))).toBeUndefined();
    expect(circuit.refusal(honest)).toBeUndefined();
  });

  it('is open for all while the queries of 1,000 namespaces fail', async () => {
    await failAs(new Set(Array.from({ length: 1000 }, (_, index) => `failing-${index}`)));
    expect(circuit.refusal(honest)).toMatchObject({ code: 'SlsTimeout' });
  });
});
