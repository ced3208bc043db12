import { describe, expect, it } from 'vitest';
import { only } from '../../support/manifests.ts';
import { renderGuide, type Serving } from './chart.ts';

async function templateOf(values: object) {
  const { spec } = only<Serving>(await renderGuide(values), 'Deployment');
  const { metadata, spec: pod } = spec.template;
  return { labels: metadata.labels, annotations: metadata.annotations, pod };
}

const toleration = {
  key: 'virtual-kubelet.io/provider',
  operator: 'Equal',
  value: 'alibabacloud',
  effect: 'NoSchedule',
};
const term = (operator: string) => ({
  matchExpressions: [{ key: 'type', operator, values: ['virtual-kubelet'] }],
});

describe('burst.mode', () => {
  it.each(['annotation', 'label', 'virtualNode'])('none, by %s, sets nothing for ECI', async (by) => {
    const { labels, annotations, pod } = await templateOf({
      burst: { mode: 'none', by, imageCache: 'eci-auto-imc', spot: { strategy: 'SpotAsPriceGo' } },
    });
    expect(Object.keys(annotations)).toEqual(['checksum/config']);
    expect(Object.keys(labels).filter((key) => key.startsWith('alibabacloud.com'))).toEqual([]);
    expect([pod.tolerations, pod.affinity]).toEqual([undefined, undefined]);
  });

  it.each(['eci', 'eci_only'])('%s by annotation sets the annotation', async (mode) => {
    const { annotations, pod } = await templateOf({ burst: { mode, by: 'annotation' } });
    expect(annotations).toMatchObject({ 'alibabacloud.com/burst-resource': mode });
    expect([pod.tolerations, pod.affinity]).toEqual([undefined, undefined]);
  });

  it('eci_only by label sets the label', async () => {
    const { labels, annotations, pod } = await templateOf({ burst: { mode: 'eci_only', by: 'label' } });
    expect(labels).toMatchObject({ 'alibabacloud.com/eci': 'true' });
    expect(annotations).not.toHaveProperty(['alibabacloud.com/burst-resource']);
    expect([pod.tolerations, pod.affinity]).toEqual([undefined, undefined]);
  });

  it('eci by scheduling tolerates virtual nodes and prefers real ones', async () => {
    const { annotations, pod } = await templateOf({ burst: { mode: 'eci', by: 'virtualNode' } });
    expect(annotations).not.toHaveProperty(['alibabacloud.com/burst-resource']);
    expect(pod.tolerations).toEqual([toleration]);
    expect(pod.affinity).toEqual({
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: term('NotIn') }],
      },
    });
  });

  it('eci_only by scheduling requires virtual nodes, and keeps other affinities', async () => {
    const own = { key: 'dedicated', operator: 'Exists' };
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] };
    const { pod } = await templateOf({
      burst: { mode: 'eci_only', by: 'virtualNode' },
      tolerations: [own],
      affinity: { podAntiAffinity },
    });
    expect(pod.tolerations).toEqual([own, toleration]);
    expect(pod.affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term('In')] },
      },
      podAntiAffinity,
    });
  });

  it('sets instance types, driver, vSwitches, image cache and spot strategy of ECI', async () => {
    const { annotations } = await templateOf({
      burst: {
        useSpecs: ['ecs.a', 'ecs.b'],
        gpuDriverVersion: 'tesla=535',
        vSwitches: ['vsw-1', 'vsw-2'],
        imageCache: 'eci-image-cache',
        spot: { strategy: 'SpotWithPriceLimit', priceLimit: 3.5, durationHours: 0, fallback: false },
      },
    });
    expect(annotations).toMatchObject({
      'k8s.aliyun.com/eci-use-specs': 'ecs.a,ecs.b',
      'k8s.aliyun.com/eci-gpu-driver-version': 'tesla=535',
      'k8s.aliyun.com/eci-vswitch': 'vsw-1,vsw-2',
      'k8s.aliyun.com/eci-image-cache': 'true',
      'k8s.aliyun.com/eci-spot-strategy': 'SpotWithPriceLimit',
      'k8s.aliyun.com/eci-spot-price-limit': '3.5',
      'k8s.aliyun.com/eci-spot-duration': '0',
      'k8s.aliyun.com/eci-spot-fallback': 'false',
    });
  });

  it.each([
    ['none', { 'k8s.aliyun.com/eci-auto-imc': 'false' }],
    ['eci-auto-imc', { 'k8s.aliyun.com/eci-auto-imc': 'true' }],
    ['eci-image-cache', { 'k8s.aliyun.com/eci-image-cache': 'true', 'k8s.aliyun.com/eci-auto-imc': 'false' }],
  ])(
    'with image cache %s says whether ECI may create caches, which it bills',
    async (imageCache, expected) => {
      const { annotations } = await templateOf({ burst: { imageCache } });
      expect(annotations).toMatchObject(expected);
    },
  );

  it('sets an image cache by its ID, and a RAM role', async () => {
    const { annotations } = await templateOf({ burst: { imageCacheId: 'imc-2ze1', ramRoleName: 'serve' } });
    expect(annotations).toMatchObject({
      'k8s.aliyun.com/eci-imc-id': 'imc-2ze1',
      'k8s.aliyun.com/eci-ram-role-name': 'serve',
    });
  });

  it.each(['annotation', 'virtualNode'])(
    'serverless, by %s, sets what ECI needs and no way to get there',
    async (by) => {
      const { labels, annotations, pod } = await templateOf({ burst: { mode: 'serverless', by } });
      expect(annotations).toMatchObject({ 'k8s.aliyun.com/eci-use-specs': 'ecs.gn6i-c4g1.xlarge' });
      expect(annotations).not.toHaveProperty(['alibabacloud.com/burst-resource']);
      expect(labels).not.toHaveProperty(['alibabacloud.com/eci']);
      expect([pod.tolerations, pod.affinity]).toEqual([undefined, undefined]);
    },
  );

  it('eci by resourcePolicy orders ECS before ECI for the pods of the release', async () => {
    const objects = await renderGuide({ burst: { mode: 'eci', by: 'resourcePolicy' } });
    const { spec } = only<Serving>(objects, 'Deployment');
    expect(only(objects, 'ResourcePolicy')).toMatchObject({
      spec: {
        selector: spec.selector.matchLabels,
        strategy: 'prefer',
        units: [{ resource: 'ecs' }, { resource: 'eci' }],
      },
    });
    expect([spec.template.spec.tolerations, spec.template.spec.affinity]).toEqual([undefined, undefined]);
  });

  it('lets podAnnotations override the annotations of the chart', async () => {
    const { annotations } = await templateOf({
      podAnnotations: { 'k8s.aliyun.com/eci-use-specs': '4-16Gi', 'k8s.aliyun.com/eci-with-eip': 'true' },
    });
    expect(annotations).toMatchObject({
      'k8s.aliyun.com/eci-use-specs': '4-16Gi',
      'k8s.aliyun.com/eci-with-eip': 'true',
      'alibabacloud.com/burst-resource': 'eci_only',
    });
  });
});
