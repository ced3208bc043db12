import { describe, expect, it } from 'vitest';
import { helmMajors, refusal } from '../support/helm.ts';
import { guide } from './chart.ts';

/** Values, and where and why each is refused: the path is written by Helm 3 with points, by Helm 4 with slashes. */
const bad: readonly (readonly [string, object, RegExp])[] = [
  [
    'fewer pods than none',
    { autoscaling: { minReplicas: -1 } },
    /autoscaling.minReplicas.*(equal to 0|want 0)/,
  ],
  ['no pods at most', { autoscaling: { maxReplicas: 0 } }, /autoscaling.maxReplicas.*(equal to 1|want 1)/],
  [
    'min over max',
    { autoscaling: { minReplicas: 5, maxReplicas: 3 } },
    /autoscaling\.minReplicas: 5 is more than .*, 3/,
  ],
  ['a mode that is none', { burst: { mode: 'sometimes' } }, /burst.mode.*none.*eci.*eci_only/],
  ['a value that is unknown', { autoscaling: { minReplica: 1 } }, /autoscaling.*minReplica.* not allowed/],
  [
    'a key in plain values',
    { storage: { oss: { accessKeyId: 'id', accessKeySecret: 's' } } },
    /storage\.oss\.accessKeyId, \.accessKeySecret: a key in values stands in plain text.*keysInValues/,
  ],
  ["a key by the guide's name", { storage: { oss: { akId: 'id' } } }, /storage.oss.*akId.* not allowed/],
  [
    'the switch for a key alone',
    { storage: { oss: { keysInValues: true } } },
    /keysInValues: wants .*accessKeyId/,
  ],
  [
    'a key and a role',
    {
      storage: {
        oss: { auth: 'rrsa', roleName: 'r', keysInValues: true, accessKeyId: 'i', accessKeySecret: 's' },
      },
    },
    /keysInValues: has no use with .*rrsa/,
  ],
  ['RRSA without a role', { storage: { oss: { auth: 'rrsa' } } }, /storage\.oss\.roleName: is missing/],
  ['no bucket', { storage: { oss: { bucket: '' } } }, /storage\.oss\.bucket: is missing/],
  ['no endpoint', { storage: { oss: { url: '' } } }, /storage\.oss\.url: is missing/],
  ['no claim', { storage: { create: false, claimName: '' } }, /storage\.claimName: is missing/],
  [
    'no model',
    { model: { name: '', basePath: '' } },
    /model\.name: is missing[^]*model\.basePath: is missing/,
  ],
  [
    'a model elsewhere',
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
    'a version that is no number',
    { model: { versionPolicy: { specific: ['1'] } } },
    /versionPolicy.specific.0.*integer/,
  ],
  ['ECS first by a label', { burst: { mode: 'eci', by: 'label' } }, /burst\.by: the label .*cannot mean eci/],
  ['a GPU on ECI of no type', { burst: { useSpecs: [] } }, /burst\.useSpecs: is missing/],
  [
    'two node affinities',
    { burst: { by: 'virtualNode' }, affinity: { nodeAffinity: { a: 1 } } },
    /affinity\.nodeAffinity: is what burst\.by/,
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
  ['nothing to scale by', { autoscaling: { qps: 0 } }, /autoscaling: nothing to scale by/],
  [
    'a label that the chart sets',
    { autoscaling: { sls: { labels: { 'sls.ingress.route': 'a' } } } },
    /sls.labels.*sls\.ingress\.route.* not allowed/,
  ],
  ['an Ingress for every host', { ingress: { host: '' } }, /ingress\.host: is missing/],
  ['one port for both', { service: { restPort: 8500 } }, /service: grpcPort and restPort are both 8500/],
  ['a target of nothing', { autoscaling: { qps: '0' } }, /autoscaling.qps.*pattern/],
  ['a port that is none', { service: { restPort: 70000 } }, /service.restPort.*65,?535/],
  ['root', { runAsUser: 0 }, /runAsUser.*(equal to 1|want 1)/],
  ["an argument of the chart's", { extraArgs: ['--port=1'] }, /extraArgs.0/],
  [
    'a label by which pods are found',
    { podLabels: { 'app.kubernetes.io/name': 'a' } },
    /podLabels: app\.kubernetes\.io\/name is the chart's own/,
  ],
  ['a strategy that is none', { strategy: { type: 'OnDelete' } }, /strategy.type.*RollingUpdate.*Recreate/],
  [
    'a key in a variable, and does not repeat it',
    { env: [{ name: 'OSS_KEY', value: `LTAI5t${'Example'.repeat(2)}` }] },
    /^(?![^]*LTAI5tExample)[^]*env: holds an access key/,
  ],
  [
    'a model over the files of the server',
    { storage: { mountPath: '/tmp/' } },
    /mountPath: \/tmp\/ is taken/,
  ],
  ['a tag twice', { image: { repository: 'tensorflow/serving:2' } }, /image.repository.*pattern/],
  [
    'a ServiceMonitor of nothing',
    { metrics: { enabled: false, serviceMonitor: { enabled: true } } },
    /metrics\.enabled: is false, so that serviceMonitor/,
  ],
  ['a section left empty', { burst: { spot: null } }, /burst.*spot/],
  ['a value left empty', { probes: { startup: { periodSeconds: null } } }, /probes.startup.*periodSeconds/],
  ['no GPU but less', { gpu: { count: -1 } }, /gpu.count.*(equal to 0|want 0)/],
];

describe.each(helmMajors)('Helm %i refuses', (helm) => {
  it.each(bad)(
    '%s',
    async (_, values, reason) => {
      expect(await refusal({ ...guide, helm, values })).toMatch(reason);
    },
    60_000,
  );

  it('a release whose name is none of a Service', async () => {
    expect(await refusal({ ...guide, helm, release: '1st', values: { name: '' } })).toMatch(
      /name: .*"1st" is no name/,
    );
  });
});
