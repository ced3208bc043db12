import { adapterManifests, only, renderManifests, type KubernetesObject } from '../support/manifests.ts';
import type { TestRun } from './test-run.ts';

/** Kinds without pods, which a control plane without nodes can hold. */
const taken = [
  'Namespace',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'RoleBinding',
  'Service',
  'APIService',
];

/** The adapter's objects of deploy/, renamed for this run. */
export interface Registration {
  /** In an order in which they can be created. */
  readonly objects: readonly KubernetesObject[];
  /** The command line of the Deployment's container. */
  readonly args: readonly string[];
  readonly serviceName: string;
  readonly serviceAccount: string;
}

/**
 * @param host where the API server finds the adapter, for the ExternalName Service
 * @param port the adapter's port there; with an ExternalName Service the APIService's port is used
 */
export async function registrationOf(run: TestRun, host: string, port: number): Promise<Registration> {
  const rendered = await renderManifests(adapterManifests);
  const deployment = only<{
    spec: { template: { spec: { containers: [{ args: string[] }] } } };
  }>(rendered, 'Deployment');
  const objects = rendered
    .filter(({ kind }) => taken.includes(kind))
    .map((object) => renamed(object, run))
    .map((object) => {
      if (object.kind === 'Service') return { ...object, spec: { type: 'ExternalName', externalName: host } };
      if (object.kind === 'APIService') return withPort(object, port);
      return object;
    });
  return {
    objects,
    args: deployment.spec.template.spec.containers[0].args,
    serviceName: only(rendered, 'Service').metadata.name,
    serviceAccount: only(rendered, 'ServiceAccount').metadata.name,
  };
}

const shippedNamespace = 'sls-metrics-adapter';

/** Gives an object a name of this run if it is cluster-wide, the run's namespace, and the run's label. */
function renamed(object: KubernetesObject, run: TestRun): KubernetesObject {
  const { kind, metadata } = object;
  const shared = kind === 'APIService' || metadata.namespace === shippedNamespace;
  const moved = JSON.parse(
    JSON.stringify(object).replaceAll(
      `"namespace":"${shippedNamespace}"`,
      `"namespace":"${run.adapterNamespace}"`,
    ),
  ) as KubernetesObject & { roleRef?: { kind: string; name: string } };
  const name = kind === 'Namespace' ? run.adapterNamespace : `${metadata.name}-${run.id}`;
  return {
    ...moved,
    metadata: {
      ...moved.metadata,
      ...(shared ? {} : { name }),
      labels: { ...metadata.labels, ...run.labels },
    },
    ...(moved.roleRef?.name.startsWith(shippedNamespace) === true
      ? { roleRef: { ...moved.roleRef, name: `${moved.roleRef.name}-${run.id}` } }
      : {}),
  };
}

function withPort(object: KubernetesObject, port: number): KubernetesObject {
  const { spec } = object as KubernetesObject & { spec: { service: object } };
  return { ...object, spec: { ...spec, service: { ...spec.service, port } } } as KubernetesObject;
}
