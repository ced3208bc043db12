import { AdapterError } from '../../errors.ts';
import type { AccessAttributes } from '../../kube/reviews/access-review.ts';
import { group, version } from '../discovery/discovery.ts';
import type { ReadParams } from '../read/external-metrics.ts';
import { authenticatedGroup, mastersGroup, type User } from '../../kube/reviews/user.ts';

export interface AuthorizationContext {
  /** @throws where nobody can tell */
  readonly reviewAccess: (
    user: User,
    attributes: AccessAttributes,
    signal: AbortSignal,
  ) => Promise<{ readonly allowed: boolean; readonly reason?: string | undefined }>;
}

/** Open to all, as Go's API servers have it: exactly these, without what is below. */
const openPaths = ['/healthz', '/livez', '/readyz'];

/**
 * What Kubernetes grants to every authenticated user (ClusterRole system:discovery). Decided here, without a
 * review, so that discovery answers while the API server does not.
 */
const discoveryPath = /^\/(apis?|openapi|version)(\/|$)/;

/**
 * Reads are a list of the metric: the verb that Go's external metrics servers ask for.
 *
 * @param read namespace and metric as routed and decoded, for a read: never taken from the path as sent, which may
 *   spell the same read in many ways
 */
export function accessAttributes(
  method: string,
  path: string,
  read: ReadParams | undefined,
): AccessAttributes {
  if (read === undefined) return { kind: 'path', path, verb: method.toLowerCase() };
  const { namespace, metric: resource } = read;
  return {
    kind: 'resource',
    namespace,
    verb: verbs[method] ?? method.toLowerCase(),
    group,
    version,
    resource,
  };
}

/** Source: k8s.io/apiserver/pkg/endpoints/request, for a collection. */
const verbs: Readonly<Record<string, string>> = {
  GET: 'list',
  HEAD: 'list',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'deletecollection',
};

/**
 * Lets pass who may, by a SubjectAccessReview.
 *
 * @throws AdapterError `Forbidden`; `AuthorizationUnavailable` where nobody can tell
 */
export async function authorize(
  user: User,
  attributes: AccessAttributes,
  context: AuthorizationContext,
  signal: AbortSignal,
): Promise<void> {
  if (user.groups.includes(mastersGroup)) return;
  if (attributes.kind === 'path') {
    if (openPaths.includes(attributes.path)) return;
    if (
      user.groups.includes(authenticatedGroup) &&
      attributes.verb === 'get' &&
      discoveryPath.test(attributes.path)
    ) {
      return;
    }
  }
  const { allowed, reason } = await review(user, attributes, context, signal);
  if (allowed) return;
  const why = reason === undefined || reason === '' ? '' : `: ${reason}`;
  throw new AdapterError('Forbidden', `${describeRefusal(user, attributes)}${why}`);
}

async function review(
  user: User,
  attributes: AccessAttributes,
  { reviewAccess }: AuthorizationContext,
  signal: AbortSignal,
) {
  try {
    return await reviewAccess(user, attributes, signal);
  } catch (cause) {
    throw new AdapterError(
      'AuthorizationUnavailable',
      `it is unknown whether User "${user.name}" may do this`,
      {
        cause,
      },
    );
  }
}

/** In the words of k8s.io/apiserver, which people search for. */
function describeRefusal({ name }: User, attributes: AccessAttributes): string {
  if (attributes.kind === 'path') {
    return `forbidden: User "${name}" cannot ${attributes.verb} path "${attributes.path}"`;
  }
  const { resource, namespace, verb } = attributes;
  return `${resource}.${group} is forbidden: User "${name}" cannot ${verb} resource "${resource}" in API group "${group}" in the namespace "${namespace}"`;
}
