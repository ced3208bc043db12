import { create } from '@bufbuild/protobuf';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readRoute } from '../../src/api/read/external-metrics.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { ScaledObjectRefSchema } from '../../src/keda/externalscaler_pb.ts';
import { parseTrigger } from '../../src/keda/trigger.ts';
import { kubernetesFaults } from '../charts/support/kubernetes-check.ts';
import { parserWith } from '../keda/keda-harness.ts';
import type { KubernetesObject } from '../support/manifests.ts';

const root = resolve(import.meta.dirname, '../..');
const directory = join(root, 'deploy/keda');

interface Trigger {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly authenticationRef: { readonly kind?: string; readonly name: string };
}

interface ScaledObject extends KubernetesObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly name: string };
    readonly minReplicaCount: number;
    readonly maxReplicaCount: number;
    readonly triggers: readonly Trigger[];
  };
}

interface Authentication extends KubernetesObject {
  readonly spec: {
    readonly secretTargetRef?: readonly {
      readonly parameter: string;
      readonly name: string;
      readonly key: string;
    }[];
    readonly boundServiceAccountToken?: readonly {
      readonly parameter: string;
      readonly serviceAccountName: string;
    }[];
  };
}

const files = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
const objectsIn = (text: string) => parseAllDocuments(text).map((one) => one.toJS() as KubernetesObject);
const objects = files.flatMap((file) => objectsIn(readFileSync(join(directory, file), 'utf8')));
const ofKind = <T extends KubernetesObject>(kind: string) =>
  objects.filter((one) => one.kind === kind) as T[];
const scaledObjects = ofKind<ScaledObject>('ScaledObject');
const authentications = [
  ...ofKind<Authentication>('TriggerAuthentication'),
  ...ofKind<Authentication>('ClusterTriggerAuthentication'),
];

/** What each scaler of KEDA requires, and the parameters that an authentication may give it. */
const rules: Readonly<
  Record<string, { readonly required: readonly string[]; readonly parameters: readonly string[] }>
> = {
  external: { required: ['scalerAddress'], parameters: ['caCert', 'tlsClientCert', 'tlsClientKey'] },
  'external-push': { required: ['scalerAddress'], parameters: ['caCert', 'tlsClientCert', 'tlsClientKey'] },
  'metrics-api': {
    required: ['url', 'valueLocation', 'targetValue'],
    parameters: ['token', 'ca', 'cert', 'key'],
  },
};

describe('the manifests in deploy/keda', () => {
  it.each(scaledObjects.map((one) => [one.spec.triggers[0]?.type ?? '', one] as const))(
    'have a ScaledObject of type %s that KEDA accepts',
    (_, { metadata, spec }) => {
      expect(spec.minReplicaCount).toBeLessThanOrEqual(spec.maxReplicaCount);
      for (const { type, metadata: keys, authenticationRef } of spec.triggers) {
        expect(Object.keys(keys)).toEqual(
          expect.arrayContaining([...(rules[type]?.required ?? ['a known type'])]),
        );
        expect(Object.values(keys).every((value) => typeof value === 'string')).toBe(true);
        const { kind = 'TriggerAuthentication', name } = authenticationRef;
        const found = authentications.find((one) => one.kind === kind && one.metadata.name === name);
        if (kind === 'TriggerAuthentication') expect(found?.metadata.namespace).toBe(metadata.namespace);
        const { secretTargetRef = [], boundServiceAccountToken = [] } = found?.spec ?? {};
        const given = [...secretTargetRef, ...boundServiceAccountToken].map(({ parameter }) => parameter);
        expect(given.length).toBeGreaterThan(0);
        expect(rules[type]?.parameters).toEqual(expect.arrayContaining(given));
      }
    },
  );

  it('have triggers that the external scaler accepts', () => {
    const asked = scaledObjects.flatMap(({ metadata, spec }) =>
      spec.triggers
        .filter(({ type }) => type.startsWith('external'))
        .map((trigger) => {
          const { name, namespace = '' } = metadata;
          const ref = create(ScaledObjectRefSchema, { name, namespace, scalerMetadata: trigger.metadata });
          return parseTrigger(ref, parserWith());
        }),
    );
    expect(asked.map(({ read, target }) => [read.namespace, read.metric, target])).toEqual([
      ['shop', 'sls_ingress_qps', 10],
      ['shop', 'sls_ingress_qps', 10],
    ]);
  });

  it('have a URL for metrics-api that is a read of our API, in the Namespace that its account may read', () => {
    const [{ metadata, spec }] = scaledObjects.filter(
      (one) => one.spec.triggers[0]?.type === 'metrics-api',
    ) as [ScaledObject];
    const { url = '', valueLocation, authMode } = spec.triggers[0]?.metadata ?? {};
    const { hostname, pathname, searchParams } = new URL(url);
    expect([hostname, valueLocation, authMode]).toEqual([
      'sls-metrics-adapter.sls-metrics-adapter.svc',
      'items.0.value',
      'bearer',
    ]);
    const form = readRoute.replace(':namespace', '([^/]+)').replace(':metric', '([^/]+)');
    const [, namespace = '', metric = ''] = new RegExp(`^${form}$`).exec(pathname) ?? [];
    expect(namespace).toBe(metadata.namespace);
    const requirements = parseLabelSelector(searchParams.get('labelSelector') ?? '');
    const { series } = parserWith()(metric, namespace, requirements);
    expect(series.map(({ route }) => route)).toEqual(['shop-web-80']);
  });

  it('have RBAC objects that Kubernetes accepts, for the accounts that are named', () => {
    const own = objects.filter(({ apiVersion }) => !apiVersion.startsWith('keda.sh/'));
    expect(kubernetesFaults(own)).toEqual([]);
    const accounts = own.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name);
    for (const { spec } of authentications)
      for (const { serviceAccountName } of spec.boundServiceAccountToken ?? [])
        expect(accounts).toContain(serviceAccountName);
  });
});

describe('docs/keda.md', () => {
  const blocks = [
    ...readFileSync(join(root, 'docs/keda.md'), 'utf8').matchAll(/^```yaml\n([^]*?)^```/gm),
  ].map(([, text = '']) => text);
  const withoutComments = (text: string) => text.replaceAll(/^#.*\n/gm, '').trim();

  it('shows each manifest as it is in deploy/keda', () => {
    for (const file of files) {
      const text = withoutComments(readFileSync(join(directory, file), 'utf8'));
      expect(blocks.map(withoutComments), file).toContain(text);
    }
  });

  it('has values of the chart that are those of ci/keda-values.yaml, but for client certificates', () => {
    const shown = blocks.find((text) => text.startsWith('# values.yaml')) ?? '';
    const file = readFileSync(join(root, 'charts/sls-metrics-adapter/ci/keda-values.yaml'), 'utf8');
    const { keda, ...rest } = parse(file) as { keda: { enabled: boolean; clientCaSecret: string } };
    expect(parse(shown)).toEqual({ ...rest, keda: { enabled: keda.enabled } });
  });

  it('names only parameters that KEDA reads', () => {
    const shown = blocks
      .flatMap(objectsIn)
      .filter((one: Partial<KubernetesObject>) =>
        one.kind?.endsWith('TriggerAuthentication'),
      ) as Authentication[];
    const parameters = shown.flatMap(({ spec }) =>
      (spec.secretTargetRef ?? []).map(({ parameter }) => parameter),
    );
    expect(new Set(parameters)).toEqual(new Set(['caCert', 'tlsClientCert', 'tlsClientKey']));
  });
});
