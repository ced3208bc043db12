import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { adapterManifests, renderManifests, type KubernetesObject } from '../../support/manifests.ts';
import { leastValues, render } from './chart.ts';

/** Values with which the chart equals deploy/adapter. */
const values = {
  ...leastValues,
  extraEnvFrom: [{ secretRef: { name: 'sls-metrics-adapter-credentials', optional: true } }],
  test: { enabled: false },
};

/** Labels with the release and the chart, which only Helm sets. */
const releaseLabels = [
  'app.kubernetes.io/instance',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/version',
  'helm.sh/chart',
];

/** The expected differences, each with its reason. */
const differences = [
  // Helm creates a namespace only with --create-namespace, and without labels.
  'Namespace sls-metrics-adapter: only in deploy/adapter',
  // After a change of the ConfigMap, kustomize restarts the pods by its name, Helm by an annotation.
  'Deployment sls-metrics-adapter: spec.template.metadata.annotations: undefined, in the chart {"checksum/config":"HASH"}',
  // Defaults of Kubernetes, which are values of the chart.
  'Deployment sls-metrics-adapter: spec.revisionHistoryLimit: undefined, in the chart 10',
  'Deployment sls-metrics-adapter: spec.template.spec.containers.0.imagePullPolicy: undefined, in the chart "IfNotPresent"',
];

let plain: Map<string, KubernetesObject>;
let ofChart: Map<string, KubernetesObject>;

beforeAll(async () => {
  plain = byName(await renderManifests(adapterManifests));
  ofChart = byName(await render({ values }));
});

it('the chart and deploy/adapter create the same objects, with the differences listed here', () => {
  const names = [...new Set([...plain.keys(), ...ofChart.keys()])].sort();
  const found = names.flatMap((name) => {
    const [left, right] = [plain.get(name), ofChart.get(name)];
    if (right === undefined) return [`${name}: only in deploy/adapter`];
    if (left === undefined) return [`${name}: only in the chart`];
    return [...differ(left, right, '')].map((difference) => `${name}: ${difference}`);
  });
  const readable = found.map((difference) => difference.replace(/[0-9a-f]{64}/, 'HASH'));
  expect(readable.sort()).toEqual(differences.toSorted());
});

it('deploy/adapter has objects to compare', () => {
  expect(plain.size).toBeGreaterThan(12);
});

/** Objects by kind and name, without expected differences: release labels, the hash in a name, the format of YAML. */
function byName(objects: readonly KubernetesObject[]): Map<string, KubernetesObject> {
  const hash = /^sls-metrics-adapter-[a-z0-9]{10}$/;
  return new Map(
    objects.map((object) => {
      const simple = JSON.parse(JSON.stringify(object), (key, value: unknown) => {
        if (key === 'config.yaml') return parse(String(value)) as unknown;
        if (key === 'name' && typeof value === 'string' && hash.test(value) && object.kind !== 'ClusterRole')
          return 'sls-metrics-adapter';
        if (!/^(labels|matchLabels|selector)$/.test(key) || typeof value !== 'object' || value === null)
          return value;
        return Object.fromEntries(Object.entries(value).filter(([label]) => !releaseLabels.includes(label)));
      }) as KubernetesObject;
      return [`${simple.kind} ${simple.metadata.name}`, simple];
    }),
  );
}

function* differ(left: unknown, right: unknown, path: string): Generator<string> {
  if (isTree(left) && isTree(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    for (const key of keys) yield* differ(left[key], right[key], path === '' ? key : `${path}.${key}`);
  } else if (left !== right) yield `${path}: ${JSON.stringify(left)}, in the chart ${JSON.stringify(right)}`;
}

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
