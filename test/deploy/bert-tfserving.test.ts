import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderGuide } from '../charts/elastic-inference/chart.ts';
import { restrictedFaults } from '../charts/support/restricted-profile.ts';
import { only, renderManifests, type KubernetesObject } from '../support/manifests.ts';
import type { Serving } from '../charts/elastic-inference/chart.ts';

const directory = resolve(import.meta.dirname, '../../deploy/bert-tfserving');
const overlay = (name: string) => renderManifests(resolve(directory, 'overlays', name));

/** Each overlay, with the values of the chart and the cluster for it. */
const overlays: readonly (readonly [name: string, burst: object, kubeVersion: string])[] = [
  ['ecs', { mode: 'none', useSpecs: [] }, '1.30.0'],
  ['eci', { mode: 'eci', by: 'virtualNode' }, '1.30.0'],
  ['eci_only', { mode: 'eci_only', by: 'virtualNode' }, '1.30.0'],
  ['eci-label', { mode: 'eci_only', by: 'label' }, '1.30.0'],
  ['guide', {}, '1.22.0'],
];

/**
 * Returns the objects by kind and name, without differences of Helm and kustomize: Helm's labels, and the means by which a
 * changed ConfigMap restarts the pods, which is an annotation in Helm and the name of the ConfigMap in kustomize.
 */
function comparable(objects: readonly KubernetesObject[]): ReadonlyMap<string, unknown> {
  const text = JSON.stringify(objects).replaceAll(
    /bert-tfserving-config-[a-z0-9]{10}\b/g,
    'bert-tfserving-config',
  );
  const clean = JSON.parse(text, (key, value: unknown) => {
    if (/^(app\.kubernetes\.io\/managed-by|helm\.sh\/chart|checksum\/config)$/.test(key)) return undefined;
    const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
    return key === 'annotations' && isEmpty ? undefined : value;
  }) as KubernetesObject[];
  return new Map(clean.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
}

/** They conform to Kubernetes since the equal objects of the chart do. */
describe('deploy/bert-tfserving', () => {
  it.each(overlays)(
    'overlay %s equals the chart with the values of the guide and fixed names',
    async (name, burst, kubeVersion) => {
      const [plain, chart] = await Promise.all([
        overlay(name),
        renderGuide(
          { name: '', burst, storage: { oss: { sigVersion: name === 'guide' ? '' : 'v4' } } },
          { kubeVersion },
        ),
      ]);
      expect([...comparable(plain).keys()].sort()).toEqual([...comparable(chart).keys()].sort());
      for (const [object, expected] of comparable(chart))
        expect(comparable(plain).get(object)).toEqual(expected);
    },
  );

  it('without an overlay is eci-label, which works on every edition of ACK', async () => {
    expect(await renderManifests(directory)).toEqual(await overlay('eci-label'));
  });

  describe('in every overlay', () => {
    let objects: KubernetesObject[];
    let rendered: KubernetesObject[][];
    beforeAll(async () => {
      rendered = await Promise.all(overlays.map(([name]) => overlay(name)));
      objects = rendered.flat();
    });

    it('contains no Secret, and conforms to the restricted profile of Pod Security', () => {
      expect(objects.map(({ kind }) => kind)).not.toContain('Secret');
      expect(JSON.stringify(objects)).not.toMatch(/akId|akSecret/);
      for (const one of rendered) {
        const { spec } = only<Serving>(one, 'Deployment');
        expect(restrictedFaults(spec.template.spec)).toEqual([]);
      }
    });

    it('a changed model.config restarts the pods', () => {
      for (const one of rendered) {
        const { name } = only(one, 'ConfigMap').metadata;
        expect(name).toMatch(/^bert-tfserving-config-[a-z0-9]{10}$/);
        expect(JSON.stringify(only(one, 'Deployment'))).toContain(`"configMap":{"name":"${name}"}`);
      }
    });
  });
});
