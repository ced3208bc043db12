import type { AccessAttributes } from '../kube/reviews/access-review.ts';
import type { User } from '../kube/reviews/user.ts';

/** The ServiceAccount that the adapter has. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
  /** Whether we are it ourselves, as in its pod. */
  readonly isOwn: boolean;
}

/** Who reads metrics for HPAs, where kube-controller-manager gives each controller an account. */
export const autoscalerController = {
  namespace: 'kube-system',
  name: 'horizontal-pod-autoscaler',
  isOwn: false,
};

export const accountText = ({ namespace, name }: Account) => `${namespace}/${name}`;

/** Resource attributes of the verbs, each to be allowed. */
export const rightsOn = (
  verbs: readonly string[],
  {
    namespace = '',
    group = '',
    version = 'v1',
    ...rest
  }: { namespace?: string; group?: string; version?: string; resource: string; name?: string },
): AccessAttributes[] =>
  verbs.map((verb) => ({ kind: 'resource', namespace, verb, group, version, ...rest }));

/** Source: Kubernetes, "Authenticating", Service account tokens. */
export const userOf = ({ namespace, name }: Account): User => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  extra: {},
});

/** `list horizontalpodautoscalers.autoscaling` */
export function rightText(attributes: AccessAttributes): string {
  if (attributes.kind === 'path') return `${attributes.verb} ${attributes.path}`;
  const { verb, resource, group, name, namespace } = attributes;
  const kind = group === '' ? resource : `${resource}.${group}`;
  const one = name === undefined ? '' : ` ${name}`;
  return `${verb} ${kind}${one}${namespace === '' ? '' : ` in ${namespace}`}`;
}
