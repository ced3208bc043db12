import { describe, expect, it } from 'vitest';
import { refusal, refusingHelm } from '../support/helm.ts';
import { guide } from './chart.ts';

/** Values that Kubernetes takes, and ACK, ECI or the driver of OSS does not. All faults of one render are reported together. */
const badOnAck: readonly (readonly [string, object, readonly RegExp[]])[] = [
  [
    'what ECI does not take beside a GPU',
    {
      burst: {
        by: 'label',
        useSpecs: ['4-16Gi', 'a', 'b', 'c', 'd', 'e'],
        vSwitches: Array.from({ length: 11 }, (_, index) => `vsw-${index}`),
        spot: { strategy: 'SpotWithPriceLimit', priceLimit: 1.2345, durationHours: 2 },
      },
      service: { type: 'NodePort' },
    },
    [
      /burst\.useSpecs: 4-16Gi is a size without a GPU; with gpu\.count name instance types only/,
      /burst\.useSpecs: has 6 entries; ECI takes at most 5/,
      /burst\.vSwitches: has 11 entries; ECI takes at most 10/,
      /spot\.priceLimit: 1\.2345 has more than 3 decimals/,
      /spot\.durationHours: 2 is more than ECI protects; use 1, or 0/,
      /service\.type: NodePort does not reach pods on ECI; use ClusterIP or LoadBalancer/,
    ],
  ],
  [
    'a pod without a GPU on ECI whose size is not said',
    { gpu: { count: 0 }, burst: { useSpecs: [] } },
    [/burst\.useSpecs: is missing, and so is resources; .*2 vCPU and 4 GiB/],
  ],
  [
    'no instance type on ACK Serverless',
    { gpu: { count: 0 }, resources: { limits: { cpu: 2 } }, burst: { mode: 'serverless', useSpecs: [] } },
    [/burst\.useSpecs: is missing; ACK Serverless runs every pod on ECI/],
  ],
  [
    'a strict order of only ECI',
    { burst: { mode: 'eci_only', by: 'resourcePolicy' } },
    [/burst\.by: a resourcePolicy orders ECS before ECI, so it cannot mean eci_only/],
  ],
  [
    'the domain of a bucket as endpoint, and options without -o',
    {
      storage: {
        oss: {
          url: 'https://my-bucket.oss-cn-beijing.aliyuncs.com',
          otherOpts: '-o allow_other umask=022 -x',
          attributes: { akSecret: 'secret' },
        },
      },
    },
    [
      /oss\.url: https:\/\/my-bucket\.oss.* is the domain of a bucket.* use the endpoint, oss-cn-beijing\.aliyuncs\.com/,
      /otherOpts: -o allow_other umask=022 -x is refused by the driver; put -o before each option/,
      /oss\.attributes: akSecret would be in plain text/,
    ],
  ],
  [
    'a deprecated endpoint',
    { storage: { oss: { url: 'vpc100-oss-cn-beijing.aliyuncs.com' } } },
    [/vpc100-oss.* is a deprecated endpoint; use oss-cn-beijing-internal\.aliyuncs\.com/],
  ],
  [
    'an ALB class with metrics of nginx, gRPC without TLS',
    {
      ingress: {
        className: 'alb',
        backend: 'grpc',
        annotations: { 'alb.ingress.kubernetes.io/listen-ports': '[]' },
      },
      autoscaling: { sls: { logstore: 'alb_models' } },
    },
    [
      /ingress\.className: alb is not a class of ingress\.kind nginx/,
      /ingress\.tlsSecretName: is missing; Ingress controllers take gRPC over TLS only/,
      /ingress\.annotations: alb\..*listen-ports has no effect with ingress\.kind nginx/,
      /sls\.logstore: alb_models is the log of an ALB; set ingress\.kind to alb/,
    ],
  ],
  [
    'an ALB with the log and class of nginx',
    { ingress: { kind: 'alb', className: 'nginx' } },
    [
      /ingress\.className: nginx is not a class of ingress\.kind alb/,
      /sls\.logstore: nginx-ingress has no log of an ALB/,
    ],
  ],
  [
    'MSE with the class of nginx and annotations of ALB, without its logstore',
    {
      ingress: { kind: 'mse', className: 'nginx', annotations: { 'alb.ingress.kubernetes.io/order': '1' } },
    },
    [
      /ingress\.className: nginx is not a class of ingress\.kind mse.*; set ingress\.kind to nginx/,
      /ingress\.annotations: alb\.ingress\.kubernetes\.io\/order has no effect with ingress\.kind mse/,
      /sls\.logstore: nginx-ingress is the log of ingress-nginx; ingress\.kind mse needs the logstore/,
    ],
  ],
  [
    'a Gateway without its name, with what only an Ingress has',
    {
      ingress: {
        enabled: true,
        kind: 'gateway',
        className: 'envoy',
        backend: 'grpc',
        path: '/v1',
        tlsSecretName: 'tls',
        annotations: { 'nginx.ingress.kubernetes.io/backend-protocol': 'GRPC' },
      },
    },
    [
      /ingress\.gateway\.name: is missing; ingress\.kind gateway needs the Gateway/,
      /ingress\.className: envoy has no effect with ingress\.kind gateway/,
      /ingress\.tlsSecretName: tls has no effect with ingress\.kind gateway/,
      /ingress\.path: \/v1 has no effect with ingress\.kind gateway and ingress\.backend grpc/,
      /ingress\.annotations: nginx\..* has no effect with ingress\.kind gateway/,
      /sls\.logstore: nginx-ingress is the log of .*; ingress\.kind gateway needs the logstore/,
    ],
  ],
  [
    'the class of Higress with metrics of nginx',
    { ingress: { className: 'higress' } },
    [/ingress\.className: higress is not a class of ingress\.kind nginx.*; set ingress\.kind to mse/],
  ],
  [
    'a Gateway for an Ingress',
    { ingress: { gateway: { name: 'inference' } } },
    [/ingress\.gateway\.name: has no effect with ingress\.kind nginx; set ingress\.kind to gateway/],
  ],
  [
    'a server of its own without what only its user knows',
    {
      server: { type: 'custom', ports: { grpc: 8000 } },
      image: { repository: '' },
      terminationGracePeriodSeconds: 15,
    },
    [
      /image\.repository: is missing; server\.type custom needs/,
      /server\.readyPath: is missing; server\.type custom needs/,
      /server\.ports: two are 8000/,
      /model\.versionPolicy: is for server\.type tfserving/,
      /terminationGracePeriodSeconds: 15 is not more than the 15 s of drainSeconds/,
    ],
  ],
  [
    'gRPC of a server that has none, and an argument that the chart sets',
    {
      server: { type: 'vllm' },
      model: { versionPolicy: { specific: [] } },
      service: { grpcPort: 9000 },
      extraArgs: ['--served-model-name=mine'],
    },
    [
      /server\.ports\.grpc: is missing; vllm has no port for gRPC/,
      /extraArgs: --served-model-name=mine is set by the chart for server\.type vllm/,
    ],
  ],
];

describe.each([refusingHelm])('Helm %i refuses on ACK', (helm) => {
  it.each(badOnAck)('%s', async (_, values, reasons) => {
    const said = await refusal({ ...guide, helm, values });
    for (const reason of reasons) expect(said).toMatch(reason);
  });

  it('a RAM role for the volume before Kubernetes 1.26', async () => {
    const values = { storage: { oss: { auth: 'rrsa', roleName: 'reader' } } };
    expect(await refusal({ ...guide, helm, values, kubeVersion: '1.24.0' })).toMatch(
      /storage\.oss\.auth: rrsa needs Kubernetes 1\.26, and this cluster is v1\.24\.0/,
    );
  });
});
