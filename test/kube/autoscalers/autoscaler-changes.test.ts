import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  AutoscalerChanges,
  listedAutoscalers,
  type AutoscalerHandler,
} from '../../../src/kube/autoscalers/autoscaler-changes.ts';
import type { Autoscaler } from '../../../src/kube/autoscalers/autoscaler.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import '../../support/property-seed.ts';

/** Few names and few states, so that the same HPA occurs often. */
const anyAutoscaler: fc.Arbitrary<Autoscaler> = fc
  .record({
    namespace: fc.constantFrom('shop', 'blog'),
    name: fc.constantFrom('a', 'b', 'c'),
    names: fc.uniqueArray(fc.constantFrom('qps', 'latency'), { maxLength: 2 }),
  })
  .map(({ namespace, name, names }) => ({
    namespace,
    name,
    metrics: names.sort().map((metric) => ({ name: metric, requirements: [] })),
    fingerprint: names.join(),
    bytes: 50,
    isCut: false,
  }));
const keyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) =>
  `${namespace}/${name}`;
const step = fc.oneof(
  fc.record({ kind: fc.constant('apply' as const), one: anyAutoscaler }),
  fc.record({ kind: fc.constant('remove' as const), one: anyAutoscaler }),
  fc.record({
    kind: fc.constant('replace' as const),
    all: fc.uniqueArray(anyAutoscaler, { selector: keyOf, maxLength: 6 }),
  }),
);

it('changes of HPAs are reported once each, and nothing else is', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const told = new Map<string, string>();
      const truth = new Map<string, string>();
      const textOf = ({ metrics }: Pick<Autoscaler, 'metrics'>) => metrics.map(({ name }) => name).join();
      const put = (one: Autoscaler) =>
        textOf(one) === '' ? truth.delete(keyOf(one)) : truth.set(keyOf(one), textOf(one));
      const changed: AutoscalerHandler['changed'] = (hpa, metrics) => {
        const text = textOf({ metrics });
        expect(text).not.toBe(told.get(keyOf(hpa)) ?? '');
        if (text === '') told.delete(keyOf(hpa));
        else told.set(keyOf(hpa), text);
      };
      const changes = new AutoscalerChanges({ changed }, { autoscalerCut: () => expect.unreachable() });
      for (const next of steps) {
        if (next.kind === 'replace') {
          truth.clear();
          next.all.forEach(put);
          changes.replace(next.all);
        } else if (next.kind === 'apply') {
          put(next.one);
          changes.apply(next.one);
        } else {
          truth.delete(keyOf(next.one));
          changes.remove(next.one);
        }
        expect(told).toEqual(truth);
        expect(changes.size).toBe(truth.size);
      }
    }),
  );
});

const metrics = Array.from({ length: 100 }, (_, n) => ({ name: `qps-${n}`, requirements: [] }));
const great = (namespace: string, name: string): Autoscaler => ({
  ...{ namespace, name, metrics, fingerprint: 'f', bytes: 64 * 1024, isCut: false },
});

it('at most 8 MiB of metrics of the HPAs of one namespace are kept, and the HPA with more is named', () => {
  const cut: unknown[] = [];
  const kept = new Map<string, number>();
  const changes = new AutoscalerChanges(
    { changed: ({ name }, all) => kept.set(name, all.length) },
    { autoscalerCut: (event) => cut.push(event) },
  );
  for (let n = 0; n <= 128; n += 1) changes.apply(great('tenant', `evil-${n}`));
  changes.apply(great('shop', 'web'));
  expect(cut).toEqual([{ namespace: 'tenant', name: 'evil-128', metrics: 0 }]);
  expect(['evil-127', 'evil-128', 'web'].map((name) => kept.get(name))).toEqual([100, 0, 100]);
  changes.remove({ namespace: 'tenant', name: 'evil-128' });
  changes.remove({ namespace: 'tenant', name: 'evil-0' });
  for (let n = 1; n < 128; n += 1) changes.remove({ namespace: 'tenant', name: `evil-${n}` });
  changes.apply(great('tenant', 'another'));
  expect(kept.get('another')).toBe(100);
});

it('many namespaces together keep at most 20 MiB of metrics, and a new one still gets some', () => {
  let all = 0;
  const changes = new AutoscalerChanges(
    { changed: (_, { length }) => (all += length > 0 ? 1 : 0) },
    { autoscalerCut: () => undefined },
  );
  for (let n = 0; n < 100; n += 1)
    for (let name = 0; name < 100; name += 1) changes.apply(great(`tenant-${n}`, `${name}`));
  expect(all * 64).toBeLessThanOrEqual(21 * 1024);
  expect(all * 64).toBeGreaterThan(16 * 1024);
});

it('a list keeps no more of one namespace than is shown, and nothing of HPAs without external metrics', () => {
  const keep = listedAutoscalers();
  const external = Array.from({ length: 100 }, (_, n) => externalMetric(`qps-${n}-${'x'.repeat(100)}`));
  const listed = (namespace: string, name: string, of: readonly unknown[] = external) =>
    keep(autoscaler(namespace, name, of));
  const kept = Array.from({ length: 1000 }, (_, n) => listed('tenant', `${n}`));
  const whole = kept.filter((one) => one?.metrics.length === external.length);
  expect(whole.length * (whole[0]?.bytes ?? 0)).toBeLessThan(8.1 * 1024 * 1024);
  expect(kept.at(-1)).toMatchObject({ name: '999', metrics: [], isCut: true });
  expect(listed('shop', 'web')?.metrics).toHaveLength(external.length);
  expect(listed('shop', 'cpu', [])).toBeUndefined();
});
