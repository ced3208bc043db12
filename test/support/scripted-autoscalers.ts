import type { ServerResponse } from 'node:http';
import { sendJson, StatusFailure } from './kube-status.ts';
import { ScriptedCollection, serveCollection, type KubeObject } from './scripted-collection.ts';

/** `GET /apis/autoscaling[/{version}/[namespaces/{namespace}/]horizontalpodautoscalers]` */
const pathPattern =
  /^\/apis\/autoscaling(?:\/(?<version>\w+)(?:\/namespaces\/(?<namespace>[^/]+))?\/horizontalpodautoscalers)?$/;

export type AutoscalerEndpoint = 'autoscaling.get' | 'hpa.list' | 'hpa.watch';

export function autoscalerEndpointOf(
  pathname: string,
  parameters: URLSearchParams,
): AutoscalerEndpoint | undefined {
  const { groups } = pathPattern.exec(pathname) ?? {};
  if (groups === undefined) return undefined;
  if (groups['version'] === undefined) return 'autoscaling.get';
  return parameters.get('watch') === 'true' ? 'hpa.watch' : 'hpa.list';
}

/** HorizontalPodAutoscalers of all namespaces, in the versions that the cluster serves, behind RBAC. */
export class ScriptedAutoscalers extends ScriptedCollection {
  /** Versions of API group autoscaling. Empty: the cluster does not have the group. */
  versions: readonly string[] = ['v2', 'v1'];
  /** The decision of RBAC. Namespace undefined: the whole cluster. */
  mayRead: (verb: 'list' | 'watch', namespace: string | undefined) => boolean = () => true;

  constructor() {
    super('autoscaling/v2', 'HorizontalPodAutoscaler');
  }

  /** @throws StatusFailure 403 or 404 */
  answer(pathname: string, parameters: URLSearchParams, response: ServerResponse): void {
    const { version, namespace } = pathPattern.exec(pathname)?.groups ?? {};
    if (this.versions.length === 0 || (version !== undefined && !this.versions.includes(version)))
      throw new StatusFailure(404, 'NotFound', 'the server could not find the requested resource');
    if (version === undefined) {
      sendJson(response, 200, groupOf(this.versions));
      return;
    }
    const verb = parameters.get('watch') === 'true' ? 'watch' : 'list';
    if (!this.mayRead(verb, namespace)) throw forbidden(verb, namespace);
    this.apiVersion = `autoscaling/${version}`;
    serveCollection(this, parameters, response, namespace);
  }
}

const groupOf = (versions: readonly string[]) => ({
  kind: 'APIGroup',
  apiVersion: 'v1',
  name: 'autoscaling',
  versions: versions.map((version) => ({ groupVersion: `autoscaling/${version}`, version })),
  preferredVersion: { groupVersion: `autoscaling/${versions[0] ?? ''}`, version: versions[0] },
});

const forbidden = (verb: string, namespace: string | undefined) =>
  new StatusFailure(
    403,
    'Forbidden',
    `horizontalpodautoscalers.autoscaling is forbidden: User "system:serviceaccount:metrics:adapter" cannot ${verb} ` +
      `resource "horizontalpodautoscalers" in API group "autoscaling" ` +
      (namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`),
  );

/** An entry of `spec.metrics`. Without the argument it has no selector. */
export const externalMetric = (name: string, selector?: unknown) => ({
  type: 'External',
  external: {
    metric: { name, ...(selector === undefined ? {} : { selector }) },
    target: { type: 'AverageValue', averageValue: '10' },
  },
});

/** @param more overrides top-level fields, such as the status */
export const autoscaler = (
  namespace: string,
  name: string,
  metrics: readonly unknown[],
  more: Readonly<Record<string, unknown>> = {},
): KubeObject => ({
  metadata: { namespace, name },
  spec: {
    scaleTargetRef: { kind: 'Deployment', name, apiVersion: 'apps/v1' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics,
  },
  status: { currentReplicas: 1, desiredReplicas: 1, currentMetrics: null, conditions: [] },
  ...more,
});
