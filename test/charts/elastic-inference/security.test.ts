import { beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../support/manifests.ts';
import { renderChart } from '../support/helm.ts';
import { restrictedFaults } from '../support/restricted-profile.ts';
import { chart, onlyContainer, valueFiles, type Serving } from './chart.ts';

describe.each(valueFiles)('the objects of $name', ({ name, file }) => {
  let objects: KubernetesObject[];
  let deployment: Serving;
  beforeAll(async () => {
    objects = await renderChart({ chart, valueFiles: [file] });
    deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as Serving;
  });

  // The profile also works with a GPU: device plugin and ECI provide the devices, and the server writes only to /tmp.
  it('conform to the restricted profile of Pod Security', () => {
    expect(restrictedFaults(deployment.spec.template.spec)).toEqual([]);
  });

  it('write only to /tmp and shared memory, and get no token of the cluster', () => {
    const container = onlyContainer(deployment);
    // ECI takes users and groups at the container.
    expect(container.securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
    });
    const writable = container.volumeMounts.filter(({ readOnly }) => readOnly !== true);
    expect(writable.map(({ mountPath }) => mountPath).filter((path) => path !== '/dev/shm')).toEqual([
      '/tmp',
    ]);
    expect(deployment.spec.template.spec.automountServiceAccountToken).toBe(false);
    // With fsGroup, the driver of OSS would walk the whole bucket.
    expect(deployment.spec.template.spec.securityContext).not.toHaveProperty('fsGroup');
  });

  it('contain no key unless keysInValues is set, and no rights', () => {
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds.includes('Secret')).toBe(name === 'keys-in-values');
    expect(kinds.filter((kind) => /Role|ServiceAccount/.test(kind))).toEqual([]);
    const text = JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'));
    expect(text).not.toMatch(/a-secret|akSecret|akId|accessKey/i);
  });
});
