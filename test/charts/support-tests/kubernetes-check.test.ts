import { beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../support/manifests.ts';
import { kubernetesFaults } from '../support/kubernetes-check.ts';
import { kubernetesVersions } from '../support/published-types.ts';

const object = (apiVersion: string, kind: string, rest: object, metadata: object = {}): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'one', ...metadata },
  ...rest,
});
const service = (spec: object) => object('v1', 'Service', { spec });
const hpa = (apiVersion: string) =>
  object(apiVersion, 'HorizontalPodAutoscaler', {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
  });
const pod = (container: object) =>
  object('v1', 'Pod', { spec: { containers: [{ name: 'main', image: 'web', ...container }] } });
const monitor = (endpoint: object) =>
  object('monitoring.coreos.com/v1', 'ServiceMonitor', { spec: { selector: {}, endpoints: [endpoint] } });
const httpRoute = (rule: object) =>
  object('gateway.networking.k8s.io/v1', 'HTTPRoute', { spec: { rules: [rule] } });

const right = [
  service({ ports: [{ name: 'http', port: 80, targetPort: 'http' }] }),
  hpa('autoscaling/v2'),
  pod({ resources: { limits: { cpu: '500m', memory: '1Gi', 'nvidia.com/gpu': '1' } } }),
  monitor({ port: 'http', interval: '30s' }),
  httpRoute({ backendRefs: [{ name: 'web', port: 80 }] }),
  object('apiregistration.k8s.io/v1', 'APIService', {
    spec: { group: 'a.b', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100 },
  }),
];

const wrong = {
  'an unknown field': service({ ports: [{ port: 80, targetport: 80 }] }),
  'a value of another type': service({ ports: [{ port: '80' }] }),
  'a missing required field': service({ ports: [{ name: 'http' }] }),
  'a kind that the version does not serve': hpa('autoscaling/v2beta2'),
  'an unknown field of a custom resource': monitor({ prot: 'http' }),
  'an unknown field of the Gateway API': httpRoute({ backendRef: [] }),
  'an invalid quantity': pod({ resources: { limits: { memory: '1 GB' } } }),
  'a label of more than 63 characters': object('v1', 'ConfigMap', {}, { labels: { a: 'b'.repeat(64) } }),
  'a name in capitals': object('v1', 'ConfigMap', {}, { name: 'One' }),
  'an empty field': service({ selector: null }),
};

/** The expected fault, in every version. */
const expected: Readonly<Record<keyof typeof wrong, RegExp>> = {
  'an unknown field': /: Service one: spec\.ports\[0\]\.targetport: .*does not exist/,
  'a value of another type': /: Service one: spec\.ports\[0\]\.port: .*string.*number/,
  'a missing required field': /: Service one: spec\.ports\[0\]: .*port/,
  'a kind that the version does not serve':
    /: HorizontalPodAutoscaler one: no such kind in autoscaling\/v2beta2$/m,
  'an unknown field of a custom resource': /: ServiceMonitor one: spec\.endpoints\[0\]\.prot: /,
  'an unknown field of the Gateway API': /: HTTPRoute one: spec\.rules\[0\]\.backendRef: /,
  'an invalid quantity': /: Pod one: .*resources\.limits\.memory: "1 GB" is no quantity/,
  'a label of more than 63 characters': /: ConfigMap one: metadata\.labels: .*no more than 63/,
  'a name in capitals': /: ConfigMap One: metadata\.name: "One" is no name/,
  'an empty field': /: Service one: spec\.selector: null/,
};

const later = pod({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] });

describe('the check of Kubernetes objects', () => {
  let faults: string[];
  beforeAll(() => {
    faults = kubernetesFaults([...right, ...Object.values(wrong), later]);
  });

  it.each(Object.entries(expected))('refuses %s', (name, fault) => {
    const lines = faults.filter((line) => fault.test(line));
    const byRule = /^(an invalid quantity|a label|a name|an empty)/.test(name);
    const versions = byRule ? ['any version'] : kubernetesVersions;
    expect(new Set(lines.map((line) => line.split(':')[0]))).toEqual(new Set(versions));
  });

  it('refuses a field only in versions that do not know it', () => {
    expect(faults.filter((line) => line.includes('resizePolicy'))).toEqual([
      expect.stringMatching(/^1\.26: Pod one: spec\.containers\[0\]\.resizePolicy: /),
    ]);
  });

  it('finds no fault in valid objects', () => {
    const patterns = [
      ...Object.values(expected),
      /resizePolicy/,
      /: Service one: spec\.selector: Type 'null'/,
    ];
    expect(faults.filter((line) => !patterns.some((pattern) => pattern.test(line)))).toEqual([]);
  });
});
