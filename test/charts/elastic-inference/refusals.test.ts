import { describe, expect, it } from 'vitest';
import { refusal, refusingHelm } from '../support/helm.ts';
import { guide } from './chart.ts';

/** Values, and the path and reason of each refusal. Helm 3 writes a path with dots, Helm 4 with slashes. */
const bad: readonly (readonly [string, object, RegExp])[] = [
  [
    'a negative number of pods',
    { autoscaling: { minReplicas: -1 } },
    /autoscaling.minReplicas.*(equal to 0|want 0)/,
  ],
  [
    'a maximum of zero pods',
    { autoscaling: { maxReplicas: 0 } },
    /autoscaling.maxReplicas.*(equal to 1|want 1)/,
  ],
  [
    'a minimum above the maximum',
    { autoscaling: { minReplicas: 5, maxReplicas: 3 } },
    /autoscaling\.minReplicas: 5 is more than .*, 3/,
  ],
  ['an unknown mode of burst', { burst: { mode: 'sometimes' } }, /burst.mode.*none.*eci.*eci_only/],
  ['an unknown value', { autoscaling: { minReplica: 1 } }, /autoscaling.*minReplica.* not allowed/],
  [
    'a key in plain values',
    { storage: { oss: { accessKeyId: 'id', accessKeySecret: 's' } } },
    /storage\.oss\.accessKeyId, \.accessKeySecret: a key in values is in plain text.*keysInValues/,
  ],
  ["a key by the guide's name", { storage: { oss: { akId: 'id' } } }, /storage.oss.*akId.* not allowed/],
  [
    'keysInValues without a key',
    { storage: { oss: { keysInValues: true } } },
    /keysInValues: needs .*accessKeyId/,
  ],
  [
    'a key and a role',
    {
      storage: {
        oss: { auth: 'rrsa', roleName: 'r', keysInValues: true, accessKeyId: 'i', accessKeySecret: 's' },
      },
    },
    /keysInValues: has no effect with .*rrsa/,
  ],
  ['RRSA without a role', { storage: { oss: { auth: 'rrsa' } } }, /storage\.oss\.roleName: is missing/],
  ['no bucket', { storage: { oss: { bucket: '' } } }, /storage\.oss\.bucket: is missing/],
  ['no endpoint', { storage: { oss: { url: '' } } }, /storage\.oss\.url: is missing/],
  ['no claim name', { storage: { create: false, claimName: '' } }, /storage\.claimName: is missing/],
  [
    'no model',
    { model: { name: '', basePath: '' } },
    /model\.name: is missing[^]*model\.basePath: is missing/,
  ],
  [
    'a model outside the mount path',
    { model: { basePath: '/database/bert' } },
    /model\.basePath: \/database\/bert is not below .*\/data,/,
  ],
  ['a model that breaks out of its quotes', { model: { basePath: '/data/"' } }, /model.basePath.*pattern/],
  [
    'all versions and one',
    { model: { versionPolicy: { all: true } } },
    /versionPolicy: all and specific exclude/,
  ],
  [
    'a version that is not a number',
    { model: { versionPolicy: { specific: ['1'] } } },
    /versionPolicy.specific.0.*integer/,
  ],
  [
    'ECS first by the ECI label',
    { burst: { mode: 'eci', by: 'label' } },
    /burst\.by: the label .*cannot mean eci/,
  ],
  ['a GPU on ECI without an instance type', { burst: { useSpecs: [] } }, /burst\.useSpecs: is missing/],
  [
    'two node affinities',
    { burst: { by: 'virtualNode' }, affinity: { nodeAffinity: { a: 1 } } },
    /affinity\.nodeAffinity: is set by burst\.by/,
  ],
  [
    'a price limit without its strategy',
    { burst: { spot: { priceLimit: 1 } } },
    /spot\.priceLimit: has no effect/,
  ],
  [
    'a strategy without its price limit',
    { burst: { spot: { strategy: 'SpotWithPriceLimit' } } },
    /spot\.priceLimit: is missing/,
  ],
  ['no project', { autoscaling: { sls: { clusterId: '' } } }, /autoscaling\.sls\.clusterId: is missing/],
  ['two projects', { autoscaling: { sls: { project: 'mine' } } }, /autoscaling\.sls: project and clusterId/],
  ['nothing to scale by', { autoscaling: { qps: 0 } }, /autoscaling: has nothing to scale by/],
  [
    'a label that the chart sets',
    { autoscaling: { sls: { labels: { 'sls.ingress.route': 'a' } } } },
    /sls.labels.*sls\.ingress\.route.* not allowed/,
  ],
  ['an Ingress without a host', { ingress: { host: '' } }, /ingress\.host: is missing/],
  [
    'the same port for gRPC and REST',
    { service: { restPort: 8500 } },
    /service: grpcPort and restPort are both 8500/,
  ],
  ['a target of zero requests', { autoscaling: { qps: '0' } }, /autoscaling.qps.*pattern/],
  ['an invalid port', { service: { restPort: 70000 } }, /service.restPort.*65,?535/],
  ['root as user', { runAsUser: 0 }, /runAsUser.*(equal to 1|want 1)/],
  [
    'an argument that the chart sets',
    { extraArgs: ['--port=1'] },
    /extraArgs: --port=1 is set by the chart for server\.type tfserving/,
  ],
  [
    'a label that selects the pods',
    { podLabels: { 'app.kubernetes.io/name': 'a' } },
    /podLabels: app\.kubernetes\.io\/name is set by the chart/,
  ],
  ['an unknown strategy', { strategy: { type: 'OnDelete' } }, /strategy.type.*RollingUpdate.*Recreate/],
  [
    'a key in a variable, without printing it',
    { env: [{ name: 'OSS_KEY', value: `LTAI5t${'Example'.repeat(2)}` }] },
    /^(?![^]*LTAI5tExample)[^]*env: contains an access key/,
  ],
  ['a mount path that the server uses', { storage: { mountPath: '/tmp/' } }, /mountPath: \/tmp\/ is used/],
  ['a tag in the repository', { image: { repository: 'tensorflow/serving:2' } }, /image.repository.*pattern/],
  [
    'a ServiceMonitor without metrics',
    { metrics: { enabled: false, serviceMonitor: { enabled: true } } },
    /metrics\.enabled: is false, so serviceMonitor/,
  ],
  ['an empty section', { burst: { spot: null } }, /burst.*spot/],
  ['an empty value', { probes: { startup: { periodSeconds: null } } }, /probes.startup.*periodSeconds/],
  ['a negative number of GPUs', { gpu: { count: -1 } }, /gpu.count.*(equal to 0|want 0)/],
];

describe.each([refusingHelm])('Helm %i refuses', (helm) => {
  it.each(bad)('%s', async (_, values, reason) => {
    expect(await refusal({ ...guide, helm, values })).toMatch(reason);
  });

  it('a release whose name is not a valid Service name', async () => {
    expect(await refusal({ ...guide, helm, release: '1st', values: { name: '' } })).toMatch(
      /name: .*"1st" is not a valid Service name/,
    );
  });
});
