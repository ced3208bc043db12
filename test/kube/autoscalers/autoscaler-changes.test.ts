import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  AutoscalerChanges,
  type AutoscalerHandler,
} from '../../../src/kube/autoscalers/autoscaler-changes.ts';
import type { Autoscaler } from '../../../src/kube/autoscalers/autoscaler.ts';
import '../../support/property-seed.ts';

/** Few names and few states, so that the same HPA occurs often. */
const autoscaler: fc.Arbitrary<Autoscaler> = fc
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
  fc.record({ kind: fc.constant('apply' as const), one: autoscaler }),
  fc.record({ kind: fc.constant('remove' as const), one: autoscaler }),
  fc.record({
    kind: fc.constant('replace' as const),
    all: fc.uniqueArray(autoscaler, { selector: keyOf, maxLength: 6 }),
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

it.each([
  { what: '20,000 metrics', bytes: 1000, fitting: 200 },
  { what: '4 MiB of metrics', bytes: 32 * 1024, fitting: 128 },
])(
  'at most $what of the HPAs of one namespace are kept, and the HPA with more is named',
  ({ bytes, fitting }) => {
    const cut: unknown[] = [];
    const kept = new Map<string, number>();
    const changes = new AutoscalerChanges(
      { changed: ({ name }, metrics) => kept.set(name, metrics.length) },
      { autoscalerCut: (event) => cut.push(event) },
    );
    const metrics = Array.from({ length: 100 }, (_, n) => ({ name: `qps-${n}`, requirements: [] }));
    const hpa = (name: string, namespace = 'tenant') =>
      changes.apply({ namespace, name, metrics, fingerprint: 'f', bytes, isCut: false });
    for (let n = 0; n <= fitting; n += 1) hpa(`evil-${n}`);
    hpa('web', 'shop');
    expect(cut).toEqual([{ namespace: 'tenant', name: `evil-${fitting}`, metrics: 0 }]);
    expect([`evil-${fitting - 1}`, `evil-${fitting}`, 'web'].map((name) => kept.get(name))).toEqual([
      100, 0, 100,
    ]);
    changes.remove({ namespace: 'tenant', name: 'evil-0' });
    hpa('another');
    expect(kept.get('another')).toBe(100);
  },
);
