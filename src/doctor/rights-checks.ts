import type { Config } from '../config/schema.ts';
import { apiServiceName } from '../kube/api-service.ts';
import type { Autoscaler } from '../kube/autoscalers/autoscaler.ts';
import { KubeError } from '../kube/client/kube-error.ts';
import type { AccessAttributes } from '../kube/reviews/access-review.ts';
import { failed, ok, skipped, warn, type Finding } from './check.ts';
import {
  defaultMetric,
  type DoctorInput,
  type DoctorCheck,
  type Examination,
  type Account,
} from './examination.ts';
import { accountText, autoscalerController, missingRights, rightsOn, rightText } from './rights.ts';

/** Rights that the adapter, or another account, needs for HPAs to get metrics. */
interface RightsCheck {
  readonly id: string;
  readonly description: string;
  readonly needs: readonly string[];
  /** Returns an empty list if the configuration needs none. */
  readonly rights: (examination: Examination) => readonly AccessAttributes[];
  /** Default: the adapter's account. */
  readonly account?: Account;
  /** Without these rights the adapter works, but not as well. */
  readonly isOptional?: boolean;
  readonly remedy: string;
  readonly write: (account: Account, examination: Examination) => string;
}

const isDelegated = ({ server }: Config) => server.authentication === 'delegated';

const rightsNeeded: readonly RightsCheck[] = [
  {
    id: 'auth-delegator',
    description: 'The adapter may review tokens and access: ClusterRole system:auth-delegator',
    needs: ['kubernetes'],
    rights: ({ facts }) =>
      isDelegated(facts.get('config'))
        ? [
            ...rightsOn(['create'], { group: 'authentication.k8s.io', resource: 'tokenreviews' }),
            ...rightsOn(['create'], { group: 'authorization.k8s.io', resource: 'subjectaccessreviews' }),
          ]
        : [],
    remedy: 'Without it the adapter rejects every request. Bind it:',
    write: (account) => clusterRoleBinding('auth-delegator', 'system:auth-delegator', account),
  },
  {
    id: 'auth-reader',
    description: 'The adapter may read ConfigMap kube-system/extension-apiserver-authentication',
    needs: ['kubernetes'],
    rights: ({ facts }) =>
      isDelegated(facts.get('config'))
        ? rightsOn(['get', 'list', 'watch'], {
            namespace: 'kube-system',
            resource: 'configmaps',
            name: 'extension-apiserver-authentication',
          })
        : [],
    remedy: 'Without it the adapter does not recognise the API server as a client. Bind it:',
    write: ({ namespace, name }) =>
      `kubectl create rolebinding -n kube-system sls-metrics-adapter-auth-reader --role=extension-apiserver-authentication-reader --serviceaccount=${namespace}:${name}`,
  },
  {
    id: 'hpa-watch',
    description: 'The adapter may list and watch HPAs, to keep the metrics that they name fresh',
    needs: ['kubernetes'],
    rights: ({ facts }) => {
      const { watchAutoscalers, autoscalerNamespaces } = facts.get('config').kubernetes;
      const kind = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' };
      return watchAutoscalers
        ? namespacesOf(autoscalerNamespaces).flatMap((namespace) =>
            rightsOn(['list', 'watch'], { ...kind, namespace }),
          )
        : [];
    },
    isOptional: true,
    remedy:
      'Without it only recently read metrics are kept fresh. Grant it, or set kubernetes.watchAutoscalers to false:',
    write: (account, examination) =>
      watchedRole(
        'autoscalers',
        '--verb=get,list,watch --resource=horizontalpodautoscalers.autoscaling',
        account,
        examination,
      ),
  },
  {
    id: 'apiservice-keeper',
    description:
      'The adapter may maintain the caBundle of its APIService, if configured (--manage-apiservice)',
    needs: ['kubernetes'],
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
    description: 'The HPA controller may read the external metrics that HPAs name',
    needs: ['hpas'],
    account: autoscalerController,
    rights: ({ input, facts }) =>
      namedMetrics(input, facts.get('autoscalers')).flatMap(([namespace, resource]) =>
        rightsOn(['list'], { namespace, group: 'external.metrics.k8s.io', version: 'v1beta1', resource }),
      ),
    remedy: 'Without it the HPA controller gets 403, and HPAs show <unknown>. Apply:',
    write: () => readerManifest,
  },
];

export const rightsChecks: readonly DoctorCheck[] = rightsNeeded.map((right): DoctorCheck => ({
  id: right.id,
  description: right.description,
  needs: right.needs,
  run: (examination, signal) => checkRight(right, examination, signal),
}));

async function checkRight(
  right: RightsCheck,
  examination: Examination,
  signal: AbortSignal,
): Promise<Finding> {
  const wanted = right.rights(examination);
  if (wanted.length === 0) return ok('not needed');
  const account = right.account ?? examination.facts.get('account');
  try {
    const missing = await missingRights(examination, account, wanted, signal);
    if (missing.length === 0) return ok(`ServiceAccount ${accountText(account)} has these rights`);
    const found = `ServiceAccount ${accountText(account)} may not ${missing.slice(0, maxShown).map(rightText).join(', ')}`;
    const more = missing.length > maxShown ? `, and ${missing.length - maxShown} more` : '';
    return (right.isOptional === true ? warn : failed)(
      `${found}${more}`,
      right.remedy,
      right.write(account, examination),
    );
  } catch (error) {
    if (!(error instanceof KubeError && error.statusCode === 403)) throw error;
    return skipped(
      error.message,
      'To check the rights of another account, run doctor as an administrator or with ClusterRole system:auth-delegator:',
      '--kubeconfig "$HOME/.kube/config"',
    );
  }
}

const maxShown = 3;
/** One review each. A few are enough, since a role usually grants the whole API group. */
const maxMetricsReviewed = 20;

/** Returns pairs of namespace and metric: those that HPAs name, else the one of the command line. */
function namedMetrics(
  { namespace, metric = defaultMetric }: DoctorInput,
  hpas: readonly Autoscaler[],
): readonly (readonly [string, string])[] {
  const named = hpas.flatMap((hpa) => hpa.metrics.map(({ name }) => [hpa.namespace, name] as const));
  const distinct = new Map(named.map((pair) => [pair.join('/'), pair]));
  return named.length === 0 ? [[namespace, metric]] : [...distinct.values()].slice(0, maxMetricsReviewed);
}

const clusterRoleBinding = (suffix: string, role: string, { namespace, name }: Account) =>
  `kubectl create clusterrolebinding sls-metrics-adapter-${suffix} --clusterrole=${role} --serviceaccount=${namespace}:${name}`;

/** Returns `['']`, which means all namespaces, for an empty list. */
const namespacesOf = (namespaces: readonly string[]) => (namespaces.length === 0 ? [''] : namespaces);

/** Returns commands that create a role and bind it where HPAs are watched: in the cluster, or in some namespaces. */
function watchedRole(suffix: string, rule: string, account: Account, { facts }: Examination): string {
  const role = `sls-metrics-adapter-${suffix}`;
  const { autoscalerNamespaces } = facts.get('config').kubernetes;
  const bindings = namespacesOf(autoscalerNamespaces).map((namespace) =>
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
