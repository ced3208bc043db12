import { afterAll, expect, it } from 'vitest';
import { createHealthySetup } from '../../doctor/healthy-setup.ts';
import { startCluster } from '../../support/cluster.ts';
import type { KubernetesObject } from '../../support/manifests.ts';
import type { SeenRequest } from '../../support/scripted-apiserver.ts';
import { waitFor } from '../../support/wait-for.ts';
import { leastValues, render } from './chart.ts';

type Role = KubernetesObject & {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
};

const serviceNamespace = 'sls-metrics-adapter';
/** Rights that Kubernetes' own roles give: extension-apiserver-authentication-reader, system:auth-delegator, system:basic-user. */
const givenByKubernetes = /^(configmaps|tokenreviews|subjectaccessreviews|selfsubjectaccessreviews) /;
/** `doctor` asks for its Deployment if it may. */
const optional = /^deployments get$/;

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

it('the roles of the chart allow what the adapter asks the API server for, and nothing else', async () => {
  const values = { config: { ...leastValues.config, telemetry: { statusPage: true, port: 9090 } } };
  const own = /-(apiservice|autoscalers)$/;
  const roles = (await render({ values })).filter(
    ({ kind, metadata }) => kind === 'ClusterRole' && own.test(metadata.name),
  ) as Role[];
  const allowed = roles
    .flatMap(({ rules }) => rules)
    .flatMap((rule) => rule.resources.flatMap((name) => rule.verbs.map((verb) => `${name} ${verb}`)));
  expect(await askedRights()).toEqual(allowed.sort());
});

/** Runs the adapter with all that it does in a cluster, and `doctor`. */
async function askedRights(): Promise<string[]> {
  const service = { namespace: serviceNamespace, name: 'sls-metrics-adapter', port: 443 };
  const cluster = resources.use(
    await startCluster({
      apiService: { service },
      flags: { manageApiservice: 'true', serviceNamespace },
      file: 'telemetry: { port: 0, statusPage: true }',
    }),
  );
  const isAsked = (endpoint: SeenRequest['endpoint']) => cluster.apiServer.count(endpoint) > 0;
  await waitFor(() => isAsked('hpa.watch') && isAsked('apiservice.patch'));
  const healthy = resources.use(await createHealthySetup());
  await healthy.examine();
  const asked = [...cluster.apiServer.requests, ...healthy.apiServer.requests].flatMap(rightOf);
  return [...new Set(asked)]
    .filter((right) => !givenByKubernetes.test(right) && !optional.test(right))
    .sort();
}

/** Returns `resource verb`; nothing for paths that are no resource, such as /version, which every account may read. */
function rightOf({ method, url }: SeenRequest): string[] {
  const { pathname, searchParams } = new URL(url, 'https://localhost');
  const [, resource, name] =
    /^\/apis?\/(?:[^/]+\/)?v\d\w*\/(?:namespaces\/[^/]+\/)?([^/]+)(?:\/([^/]+))?$/.exec(pathname) ?? [];
  if (resource === undefined) return [];
  const read = name !== undefined ? 'get' : searchParams.get('watch') === 'true' ? 'watch' : 'list';
  return [`${resource} ${{ GET: read, POST: 'create', PATCH: 'patch' }[method] ?? method}`];
}
