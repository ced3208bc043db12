import { beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../support/manifests.ts';
import { leastValues, render, renderFile } from './chart.ts';

interface Container {
  readonly args: readonly string[];
  readonly ports: readonly object[];
  readonly volumeMounts: readonly object[];
}

type Named = KubernetesObject & { readonly spec?: Readonly<Record<string, unknown>> };

const own = 'sls-metrics-adapter';
let objects: readonly Named[];
let without: readonly Named[];

beforeAll(async () => {
  objects = await renderFile('keda-values.yaml');
  without = await render({
    values: { ...leastValues, tls: { mode: 'cert-manager' }, apiService: { create: false } },
  });
});

const specOf = (among: readonly Named[], kind: string) =>
  among.find((object) => object.kind === kind && object.metadata.name === own)?.spec;

const podOf = (among: readonly Named[]) =>
  (specOf(among, 'Deployment') as { template: { spec: { containers: [Container]; volumes: object[] } } })
    .template.spec;

describe('the chart beside KEDA', () => {
  it('has no APIService, no rights on it, and no part that keeps it', () => {
    for (const among of [objects, without]) {
      expect(among.filter(({ kind }) => kind === 'APIService')).toEqual([]);
      expect(JSON.stringify(among)).not.toMatch(/apiregistration|manage-apiservice/);
    }
  });

  it('serves the external scaler with one switch: flags, ports, Service and NetworkPolicy', () => {
    const pod = podOf(objects);
    const [{ args, ports, volumeMounts }] = pod.containers;
    expect(args.filter((arg) => arg.startsWith('--keda'))).toEqual([
      '--keda-port=6444',
      '--keda-client-ca-file=/var/run/secrets/sls-metrics-adapter/keda/ca.crt',
    ]);
    expect(ports).toContainEqual({ name: 'keda', containerPort: 6444, protocol: 'TCP' });
    expect(volumeMounts).toContainEqual({
      name: 'keda-clients',
      mountPath: '/var/run/secrets/sls-metrics-adapter/keda',
      readOnly: true,
    });
    expect(pod.volumes).toContainEqual({
      name: 'keda-clients',
      secret: { secretName: 'keda-clients', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
    });
    expect(specOf(objects, 'Service')?.['ports']).toContainEqual({
      name: 'keda',
      port: 6444,
      targetPort: 'keda',
      protocol: 'TCP',
    });
    expect(specOf(objects, 'NetworkPolicy')?.['ingress']).toContainEqual({
      ports: [{ port: 'keda', protocol: 'TCP' }],
      from: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'keda' } },
          podSelector: { matchLabels: { app: 'keda-operator' } },
        },
      ],
    });
  });

  it('has nothing of it without the switch', () => {
    expect(JSON.stringify(without)).not.toMatch(/keda/);
  });
});
