import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../support/adapter.ts';
import { routeOf } from './guide.ts';
import { GuideWorkload } from './guide-workload.ts';
import { apiServiceName, startLoop, type Loop } from './loop.ts';

let loop: Loop;
let labels: Readonly<Record<string, string>>;
let metricPath: string;

beforeAll(async () => {
  loop = await startLoop();
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

/** The certificates that Kubernetes trusts for this APIService. Skipping verification is a failure. */
async function caBundle(): Promise<string> {
  const { spec } = await apiService();
  expect(spec.insecureSkipTLSVerify ?? false).toBe(false);
  return Buffer.from(spec.caBundle ?? '', 'base64').toString();
}

describe('the adapter behind the aggregation layer', () => {
  it('makes its APIService available by the certificate that it puts there', async () => {
    await loop.cluster.eventually('the APIService is available', 60, async () => {
      loop.adapter.throwIfEnded();
      const { conditions } = (await apiService()).status;
      const available = conditions.find(({ type }) => type === 'Available');
      if (available?.status !== 'True') throw new Error(`${available?.message ?? ''}; ${loop.adapter.log}`);
      return available;
    });
    expect(await caBundle()).toContain((await loop.adapter.certificate()).trim());
  });

  it('is listed by kubectl api-resources', async () => {
    const resources = await loop.cluster.kubectl(['api-resources', '--api-group', 'external.metrics.k8s.io']);
    expect(resources).toMatch(
      /^sls_ingress_qps +external\.metrics\.k8s\.io\/v1beta1 +true +ExternalMetricValueList$/m,
    );
  });

  it('answers a read of a user who may read', async () => {
    expect(JSON.parse(await loop.cluster.kubectl(['get', '--raw', metricPath]))).toMatchObject({
      items: [{ metricName: 'sls_ingress_qps', value: '0' }],
    });
  });

  it('has the certificate of a second replica trusted once that replica is ready', async () => {
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

describe('a client without rights', () => {
  it('is refused by the API server', async () => {
    await expect(
      loop.cluster.kubectl(['get', '--raw', metricPath], '', loop.withoutRights.file),
    ).rejects.toThrow(
      /Forbidden.*cannot list resource "sls_ingress_qps" in API group "external\.metrics\.k8s\.io"/,
    );
  });

  it.each<[who: string, headers: () => Readonly<Record<string, string>>, code: number]>([
    ['a token without rights', () => ({ authorization: `Bearer ${loop.withoutRights.token}` }), 403],
    ['an unknown token', () => ({ authorization: 'Bearer made.up.token' }), 401],
    ['no credentials', () => ({}), 403],
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

describe('the RBAC of deploy/adapter', () => {
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
    ['may patch its own APIService', true, { ...own, verb: 'patch' }],
    ['may not patch another APIService', false, { ...own, name: 'v1.apps', verb: 'patch' }],
    ['may not delete its own APIService', false, { ...own, verb: 'delete' }],
    ['may watch extension-apiserver-authentication', true, { ...settings, verb: 'watch' }],
    [
      'may not read another ConfigMap of kube-system',
      false,
      { ...settings, name: 'kubeadm-config', verb: 'get' },
    ],
    ['may create TokenReviews', true, { ...tokens, verb: 'create' }],
    ['may create SubjectAccessReviews', true, { ...reviews, verb: 'create' }],
    ['may list HPAs', true, { ...autoscalers, verb: 'list' }],
    // Only the status page needs it, which is off here.
    ['may not watch HPAs', false, { ...autoscalers, verb: 'watch' }],
    ['may not change HPAs', false, { ...autoscalers, verb: 'patch' }],
    ['may not read Secrets', false, { resource: 'secrets', verb: 'get' }],
    ['may not list pods', false, { resource: 'pods', verb: 'list' }],
    ['may not read metrics', false, { ...metrics, verb: 'list' }],
  ])('the ServiceAccount %s', async (_, allowed, resourceAttributes) => {
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

describe('the HPA of chart elastic-inference with values-guide.yaml', () => {
  let workload: GuideWorkload;
  beforeAll(async () => {
    workload = await GuideWorkload.install(loop.cluster, loop.run, { project, logstore });
  });

  it('keeps 1 replica without traffic', async () => {
    expect(await workload.settles('0/10 (avg)', 1)).toEqual([1]);
  });

  it('scales to 8 replicas at 78 requests per second, and never above', async () => {
    loop.traffic.set(78);
    expect(Math.max(...(await workload.settles('9750m/10 (avg)', 8)))).toBe(8);
  });

  it('scales down to 3 replicas at 23.8 requests per second, and never below', async () => {
    loop.traffic.set(23.8);
    expect(Math.min(...(await workload.settles('7934m/10 (avg)', 3)))).toBe(3);
  });

  it('scales back to 1 replica without traffic', async () => {
    loop.traffic.set(0);
    await workload.settles('0/10 (avg)', 1);
  });

  it('keeps its replicas while SLS is down, and its events say why', async () => {
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

  it('is deleted with its release, which leaves nothing behind', async () => {
    expect(await workload.uninstall()).toBe('');
  });
});

it('the adapter exits with 0 on SIGTERM', async () => {
  loop.adapter.throwIfEnded();
  expect(await loop.adapter.stop()).toBe(0);
});
