import type { Config } from '../config/schema.ts';
import { apiServiceName } from '../kube/api-service.ts';
import type { Autoscaler } from '../kube/autoscalers/autoscaler.ts';
import { KubeError } from '../kube/client/kube-error.ts';
import type { AccessAttributes } from '../kube/reviews/access-review.ts';
import { failed, ok, skipped, warn, type Finding } from './check.ts';
import { usualMetric, type Asked, type DoctorCheck, type Examination, type Account } from './examination.ts';
import { accountText, autoscalerController, missingRights, rightsOn, rightText } from './rights.ts';

/** What the adapter must be allowed, or what others must, for HPAs to get metrics. */
interface Right {
  readonly id: string;
  readonly what: string;
  readonly after: readonly string[];
  /** None: not needed by this configuration. */
  readonly rights: (examination: Examination) => readonly AccessAttributes[];
  /** Default: the adapter. */
  readonly account?: Account;
  /** Without it the adapter works, but not as well. */
  readonly isOptional?: boolean;
  readonly remedy: string;
  readonly write: (account: Account, examination: Examination) => string;
}

const isDelegated = ({ server }: Config) => server.authentication === 'delegated';

const rights: readonly Right[] = [
  {
    id: 'auth-delegator',
    what: 'Whether the adapter may ask who somebody is and what they may: ClusterRole system:auth-delegator',
    after: ['kubernetes'],
    rights: ({ facts }) =>
      isDelegated(facts.get('config'))
        ? [
            ...rightsOn(['create'], { group: 'authentication.k8s.io', resource: 'tokenreviews' }),
            ...rightsOn(['create'], { group: 'authorization.k8s.io', resource: 'subjectaccessreviews' }),
          ]
        : [],
    remedy: 'Without it the adapter lets nobody in. Bind it:',
    write: (account) => clusterRoleBinding('auth-delegator', 'system:auth-delegator', account),
  },
  {
    id: 'auth-reader',
    what: 'Whether the adapter may read ConfigMap kube-system/extension-apiserver-authentication',
    after: ['kubernetes'],
    rights: ({ facts }) =>
      isDelegated(facts.get('config'))
        ? rightsOn(['get', 'list', 'watch'], {
            namespace: 'kube-system',
            resource: 'configmaps',
            name: 'extension-apiserver-authentication',
          })
        : [],
    remedy: 'Without it the adapter does not know the API server when it asks. Bind it:',
    write: ({ namespace, name }) =>
      `kubectl create rolebinding -n kube-system sls-metrics-adapter-auth-reader --role=extension-apiserver-authentication-reader --serviceaccount=${namespace}:${name}`,
  },
  {
    id: 'hpa-watch',
    what: 'Whether the adapter may list and watch HPAs, to keep fresh what they name',
    after: ['kubernetes'],
    rights: ({ facts }) => {
      const { watchAutoscalers, autoscalerNamespaces } = facts.get('config').kubernetes;
      const kind = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' };
      return watchAutoscalers
        ? placesOf(autoscalerNamespaces).flatMap((namespace) =>
            rightsOn(['list', 'watch'], { ...kind, namespace }),
          )
        : [];
    },
    isOptional: true,
    remedy:
      'Without it only what was read lately is kept fresh. Grant it, or set kubernetes.watchAutoscalers to false:',
    write: (...known) =>
      roleWhereWatched(
        'autoscalers',
        '--verb=get,list,watch --resource=horizontalpodautoscalers.autoscaling',
        ...known,
      ),
  },
  {
    id: 'hpa-events',
    what: 'Whether the adapter may write Events on HPAs, where it is to (kubernetes.events)',
    after: ['kubernetes'],
    rights: ({ facts }) => {
      const { events, watchAutoscalers, autoscalerNamespaces } = facts.get('config').kubernetes;
      const kind = { group: 'events.k8s.io', resource: 'events' };
      return events && watchAutoscalers
        ? placesOf(autoscalerNamespaces).flatMap((namespace) =>
            rightsOn(['create', 'patch'], { ...kind, namespace }),
          )
        : [];
    },
    isOptional: true,
    remedy:
      'Without it no Event on an HPA says why its metric fails. Grant it, or set kubernetes.events to false:',
    write: (...known) =>
      roleWhereWatched('events', '--verb=create,patch --resource=events.events.k8s.io', ...known),
  },
  {
    id: 'apiservice-keeper',
    what: 'Whether the adapter may keep the caBundle of its APIService, where it is to (--manage-apiservice)',
    after: ['kubernetes'],
    rights: ({ facts }) =>
      facts.get('config').kubernetes.manageApiService
        ? rightsOn(['get', 'patch'], {
            group: 'apiregistration.k8s.io',
            resource: 'apiservices',
            name: apiServiceName,
          })
        : [],
    remedy: 'Without it the API server does not trust the adapter. Grant it:',
    write: (account) =>
      [
        `kubectl create clusterrole sls-metrics-adapter-apiservice --verb=get,patch --resource=apiservices.apiregistration.k8s.io --resource-name=${apiServiceName}`,
        clusterRoleBinding('apiservice', 'sls-metrics-adapter-apiservice', account),
      ].join('\n'),
  },
  {
    id: 'hpa-reader',
    what: 'Whether the HPA controller may read the external metrics that HPAs name',
    after: ['hpas'],
    account: autoscalerController,
    rights: ({ asked, facts }) =>
      namedMetrics(asked, facts.get('autoscalers')).flatMap(([namespace, resource]) =>
        rightsOn(['list'], { namespace, group: 'external.metrics.k8s.io', version: 'v1beta1', resource }),
      ),
    remedy: 'Without it the HPA controller gets 403, and HPAs show <unknown>. Apply:',
    write: () => readerManifest,
  },
];

export const rightsChecks: readonly DoctorCheck[] = rights.map((right): DoctorCheck => ({
  id: right.id,
  what: right.what,
  after: right.after,
  run: (...known) => checkRight(right, ...known),
}));

async function checkRight(right: Right, examination: Examination, signal: AbortSignal): Promise<Finding> {
  const wanted = right.rights(examination);
  if (wanted.length === 0) return ok('not needed');
  const account = right.account ?? examination.facts.get('account');
  try {
    const missing = await missingRights(examination, account, wanted, signal);
    if (missing.length === 0) return ok(`${accountText(account)} may`);
    const found = `ServiceAccount ${accountText(account)} may not ${missing.slice(0, shown).map(rightText).join(', ')}`;
    const more = missing.length > shown ? `, and ${missing.length - shown} more` : '';
    return (right.isOptional === true ? warn : failed)(
      `${found}${more}`,
      right.remedy,
      right.write(account, examination),
    );
  } catch (error) {
    if (!(error instanceof KubeError && error.statusCode === 403)) throw error;
    return skipped(
      error.message,
      'Whoever asks about the rights of others needs ClusterRole system:auth-delegator, or to be an administrator:',
      '--kubeconfig "$HOME/.kube/config"',
    );
  }
}

const shown = 3;
/** Each is asked about; a role that grants all of a group needs but a few to show. */
const maxMetricsAsked = 20;

/** Namespace and metric; where no HPA names one, the read that was asked about. */
function namedMetrics(
  { namespace, metric = usualMetric }: Asked,
  hpas: readonly Autoscaler[],
): readonly (readonly [string, string])[] {
  const named = hpas.flatMap((hpa) => hpa.metrics.map(({ name }) => [hpa.namespace, name] as const));
  const distinct = new Map(named.map((pair) => [pair.join('/'), pair]));
  return named.length === 0 ? [[namespace, metric]] : [...distinct.values()].slice(0, maxMetricsAsked);
}

const clusterRoleBinding = (suffix: string, role: string, { namespace, name }: Account) =>
  `kubectl create clusterrolebinding sls-metrics-adapter-${suffix} --clusterrole=${role} --serviceaccount=${namespace}:${name}`;

/** `''`: all namespaces. */
const placesOf = (namespaces: readonly string[]) => (namespaces.length === 0 ? [''] : namespaces);

/** A role, bound where HPAs are watched: in all namespaces, or in each of some. */
function roleWhereWatched(suffix: string, rule: string, account: Account, { facts }: Examination): string {
  const role = `sls-metrics-adapter-${suffix}`;
  const { autoscalerNamespaces } = facts.get('config').kubernetes;
  const bindings = placesOf(autoscalerNamespaces).map((namespace) =>
    namespace === ''
      ? clusterRoleBinding(suffix, role, account)
      : `kubectl create rolebinding -n ${namespace} ${role} --clusterrole=${role} --serviceaccount=${account.namespace}:${account.name}`,
  );
  return [`kubectl create clusterrole ${role} ${rule}`, ...bindings].join('\n');
}

const readerManifest = `kubectl apply -f - <<'END'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: sls-metrics-adapter-metrics-reader
rules:
  - apiGroups: [external.metrics.k8s.io]
    resources: ['*']
    verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: sls-metrics-adapter-metrics-reader
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: sls-metrics-adapter-metrics-reader
subjects:
  - kind: ServiceAccount
    name: ${autoscalerController.name}
    namespace: ${autoscalerController.namespace}
END`;
