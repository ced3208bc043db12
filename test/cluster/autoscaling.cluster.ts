import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../support/adapter.ts';
import { routeOf } from './guide.ts';
import { GuideWorkload } from './guide-workload.ts';
import { apiServiceName, startLoop, type Loop } from './loop.ts';

let loop: Loop;
let labels: Readonly<Record<string, string>>;
let metricPath: string;

beforeAll(async () => {
  const { CLUSTER_KUBECONFIG: kubeconfig = '', CLUSTER_ADAPTER_HOST: host = 'localhost' } = process.env;
  loop = await startLoop(kubeconfig, host);
  labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': routeOf(loop.run) };
  metricPath = readPath('sls_ingress_qps', selectorOf(labels), loop.run.workloadNamespace);
  return () => loop[Symbol.asyncDispose]();
});
beforeEach(({ signal }) => {
  loop.cluster.signal = signal;
});

interface ApiService {
  readonly spec: { readonly caBundle?: string; readonly insecureSkipTLSVerify?: boolean };
  readonly status: {
    readonly conditions: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

const apiService = async () => (await loop.cluster.get(['apiservice', apiServiceName])) as ApiService;

/** Whom Kubernetes trusts to serve the metrics; to check nobody is a failure. */
async function caBundle(): Promise<string> {
  const { spec } = await apiService();
  expect(spec.insecureSkipTLSVerify ?? false).toBe(false);
  return Buffer.from(spec.caBundle ?? '', 'base64').toString();
}

describe('the API server and the adapter', () => {
  it('find each other: the APIService is available, by the certificate that the adapter put there', async () => {
    await loop.cluster.eventually('the APIService is available', 60, async () => {
      loop.adapter.throwIfEnded();
      const { conditions } = (await apiService()).status;
      const available = conditions.find(({ type }) => type === 'Available');
      if (available?.status !== 'True') throw new Error(`${available?.message ?? ''}; ${loop.adapter.log}`);
      return available;
    });
    expect(await caBundle()).toContain((await loop.adapter.certificate()).trim());
  });

  it('list the metrics', async () => {
    const resources = await loop.cluster.kubectl(['api-resources', '--api-group', 'external.metrics.k8s.io']);
    expect(resources).toMatch(
      /^sls_ingress_qps +external\.metrics\.k8s\.io\/v1beta1 +true +ExternalMetricValueList$/m,
    );
  });

  it('read a metric for whoever may', async () => {
    expect(JSON.parse(await loop.cluster.kubectl(['get', '--raw', metricPath]))).toMatchObject({
      items: [{ metricName: 'sls_ingress_qps', value: '0' }],
    });
  });

  it('trust a second replica beside the first, once it says that it is ready', async () => {
    await using second = await loop.startReplica();
    await loop.cluster.eventually('the second replica is ready', 60, async () => {
      second.throwIfEnded();
      const { code, body } = await second.ask('/readyz', {});
      if (code !== 200) throw new Error(body);
      return code;
    });
    const bundle = await caBundle();
    expect(bundle).toContain((await loop.adapter.certificate()).trim());
    expect(bundle).toContain((await second.certificate()).trim());
  });
});

describe('whoever may not', () => {
  it('is refused by the API server', async () => {
    await expect(loop.cluster.kubectl(['get', '--raw', metricPath], '', loop.nobody.file)).rejects.toThrow(
      /Forbidden.*cannot list resource "sls_ingress_qps" in API group "external\.metrics\.k8s\.io"/,
    );
  });

  it.each<[who: string, headers: () => Readonly<Record<string, string>>, code: number]>([
    ['a token without rights', () => ({ authorization: `Bearer ${loop.nobody.token}` }), 403],
    ['a token of no one', () => ({ authorization: 'Bearer made.up.token' }), 401],
    ['nobody', () => ({}), 403],
    [
      'a front proxy without its certificate',
      () => ({ 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' }),
      403,
    ],
  ])('is refused by the adapter itself: %s', async (_, headers, code) => {
    const reply = await loop.adapter.ask(metricPath, headers());
    expect(reply.code, reply.body).toBe(code);
    expect(JSON.parse(reply.body)).toMatchObject({ kind: 'Status', status: 'Failure', code });
  });
});

describe("the adapter's own rights", () => {
  const own = { group: 'apiregistration.k8s.io', resource: 'apiservices', name: apiServiceName };
  const settings = {
    namespace: 'kube-system',
    resource: 'configmaps',
    name: 'extension-apiserver-authentication',
  };
  const tokens = { group: 'authentication.k8s.io', resource: 'tokenreviews' };
  const reviews = { group: 'authorization.k8s.io', resource: 'subjectaccessreviews' };
  const metrics = { group: 'external.metrics.k8s.io', resource: 'sls_ingress_qps' };
  const autoscalers = { group: 'autoscaling', resource: 'horizontalpodautoscalers' };

  it.each<[what: string, allowed: boolean, attributes: Readonly<Record<string, string>>]>([
    ['patch its own APIService', true, { ...own, verb: 'patch' }],
    ['patch another APIService', false, { ...own, name: 'v1.apps', verb: 'patch' }],
    ['delete its own APIService', false, { ...own, verb: 'delete' }],
    ['watch whom to trust', true, { ...settings, verb: 'watch' }],
    ['read another ConfigMap there', false, { ...settings, name: 'kubeadm-config', verb: 'get' }],
    ['ask whose a token is', true, { ...tokens, verb: 'create' }],
    ['ask who may do what', true, { ...reviews, verb: 'create' }],
    ['list HPAs', true, { ...autoscalers, verb: 'list' }],
    ['watch HPAs', true, { ...autoscalers, verb: 'watch' }],
    ['change HPAs', false, { ...autoscalers, verb: 'patch' }],
    ['read secrets', false, { resource: 'secrets', verb: 'get' }],
    ['see pods', false, { resource: 'pods', verb: 'list' }],
    ['read metrics', false, { ...metrics, verb: 'list' }],
  ])('%s: %s', async (_, allowed, resourceAttributes) => {
    const user = `system:serviceaccount:${loop.run.adapterNamespace}:${loop.registration.serviceAccount}`;
    const groups = ['system:authenticated', 'system:serviceaccounts'];
    const answer = await loop.cluster.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, groups, resourceAttributes },
    });
    expect(answer).toMatchObject({ status: { allowed } });
  });
});

describe("the guide's HPA, as its chart makes it", () => {
  let workload: GuideWorkload;
  beforeAll(async () => {
    workload = await GuideWorkload.install(loop.cluster, loop.run, { project, logstore });
  });

  it('is at rest without traffic', async () => {
    expect(await workload.settles('0/10 (avg)', 1)).toEqual([1]);
  });

  it('wants exactly 8 replicas of 78 requests per second', async () => {
    loop.traffic.set(78);
    expect(Math.max(...(await workload.settles('9750m/10 (avg)', 8)))).toBe(8);
  });

  it('wants 3 of 23.8', async () => {
    loop.traffic.set(23.8);
    expect(Math.min(...(await workload.settles('7934m/10 (avg)', 3)))).toBe(3);
  });

  it('goes back to 1 without traffic', async () => {
    loop.traffic.set(0);
    await workload.settles('0/10 (avg)', 1);
  });

  it('stays where it is while SLS is down, and says why', async () => {
    // On its way up the HPA passes 1 to 4 replicas. 48 is out of its tolerance of 10 % at each of them: 12 each at 4.
    loop.traffic.set(48);
    await workload.settles('9600m/10 (avg)', 5);
    await loop.traffic[Symbol.asyncDispose]();
    await loop.emulator.stop();
    await loop.cluster.eventually('the HPA has failed three times', 180, async () => {
      const failures = await workload.failures();
      if (failures < 3) throw new Error(`${failures} failures`);
      return failures;
    });
    expect(await workload.replicas()).toBe(5);
    expect(await workload.describe()).toMatch(
      /unable to fetch metrics from external metrics API: .*SLS.* cannot be reached/,
    );
  });

  it('goes with its release, and leaves nothing behind', async () => {
    expect(await workload.uninstall()).toBe('');
  });
});

it('the adapter stops as a kubelet stops it', async () => {
  loop.adapter.throwIfEnded();
  expect(await loop.adapter.stop()).toBe(0);
});
