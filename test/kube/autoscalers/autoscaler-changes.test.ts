import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AutoscalerChanges } from '../../../src/kube/autoscalers/autoscaler-changes.ts';
import type { Autoscaler } from '../../../src/kube/autoscalers/autoscaler.ts';

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
      const changes = new AutoscalerChanges({
        changed: (hpa, metrics) => {
          const text = textOf({ metrics });
          expect(text).not.toBe(told.get(keyOf(hpa)) ?? '');
          if (text === '') told.delete(keyOf(hpa));
          else told.set(keyOf(hpa), text);
        },
      });
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
