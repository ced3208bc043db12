import type { Config } from '../config/schema.ts';
import { apiServiceName } from '../kube/api-service.ts';
import type { Autoscaler } from '../kube/autoscalers/autoscaler.ts';
import { failed, ok, warn, type Finding } from './check.ts';
import { defaultMetric, type DoctorInput, type DoctorCheck, type Examination } from './examination.ts';
import type { Account } from './running-adapter.ts';
import { autoscalerController, missingRights, rightsOn, rightText, type Right } from './rights.ts';

/** Rights that the adapter, or another account, needs for HPAs to get metrics. */
interface RightsCheck {
  readonly id: string;
  readonly description: string;
  readonly runsAfter?: readonly string[];
  /** Default: the adapter's account. */
  readonly account?: Account;
  /** Returns whether the adapter needs these rights; undefined: that is not known from here. Default: always. */
  readonly isNeeded?: (examination: Examination) => boolean | undefined;
  readonly rights: (examination: Examination) => readonly Right[];
  /** Without these rights the adapter works, but not as well. */
  readonly isOptional?: boolean;
  readonly remedy: string;
  readonly write: (account: Account, config: Config) => string;
}

const isDelegated = ({ facts }: Examination) => facts.get('config').server.authentication === 'delegated';

const allRights: readonly RightsCheck[] = [
  {
    id: 'auth-delegator',
    description: 'The adapter may review tokens and access: ClusterRole system:auth-delegator',
    isNeeded: isDelegated,
    rights: () => [
      ...rightsOn(['create'], { group: 'authentication.k8s.io', resource: 'tokenreviews' }),
      ...rightsOn(['create'], { group: 'authorization.k8s.io', resource: 'subjectaccessreviews' }),
    ],
    remedy: 'Without it the adapter rejects every request. Bind it:',
    write: (account) => clusterRoleBinding('auth-delegator', 'system:auth-delegator', account),
  },
  {
    id: 'auth-reader',
    description: 'The adapter may read ConfigMap kube-system/extension-apiserver-authentication',
    isNeeded: isDelegated,
    rights: () =>
      rightsOn(['get', 'list', 'watch'], {
        namespace: 'kube-system',
        resource: 'configmaps',
        name: 'extension-apiserver-authentication',
      }),
    remedy: 'Without it the adapter does not recognise the API server as a client. Bind it:',
    write: (account) =>
      roleBinding('kube-system', 'auth-reader', '--role=extension-apiserver-authentication-reader', account),
  },
  {
    id: 'hpa-watch',
    description: 'The adapter may list and watch HPAs, which the status page shows',
    isNeeded: ({ facts }) => facts.get('config').telemetry.statusPage,
    rights: ({ facts }) =>
      watchedNamespaces(facts.get('config')).flatMap((namespace) =>
        rightsOn(['list', 'watch'], {
          namespace,
          group: 'autoscaling',
          version: 'v2',
          resource: 'horizontalpodautoscalers',
        }),
      ),
    isOptional: true,
    remedy: 'Without it the status page shows no HPAs. Grant it:',
    write: (account, config) => {
      const role = 'sls-metrics-adapter-autoscalers';
      const bindings = watchedNamespaces(config).map((namespace) =>
        namespace === ''
          ? clusterRoleBinding('autoscalers', role, account)
          : roleBinding(namespace, 'autoscalers', `--clusterrole=${role}`, account),
      );
      const verbs = '--verb=list,watch --resource=horizontalpodautoscalers.autoscaling';
      return [`kubectl create clusterrole ${role} ${verbs}`, ...bindings].join('\n');
    },
  },
  {
    id: 'apiservice-keeper',
    description:
      'The adapter may maintain the caBundle of its APIService, if it runs with --manage-apiservice',
    isNeeded: ({ facts }) => facts.get('adapter').managesApiService,
    rights: () =>
      rightsOn(['get', 'patch'], {
        group: 'apiregistration.k8s.io',
        resource: 'apiservices',
        name: apiServiceName,
      }),
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
    runsAfter: ['hpas'],
    account: autoscalerController,
    rights: ({ input, facts }) =>
      namedMetrics(input, facts.find('autoscalers') ?? []).flatMap(([namespace, resource]) =>
        rightsOn(['list'], { namespace, group: 'external.metrics.k8s.io', version: 'v1beta1', resource }),
      ),
    remedy: 'Without it the HPA controller gets 403, and HPAs show <unknown>. Apply:',
    write: () => readerManifest,
  },
];

export const rightsChecks: readonly DoctorCheck[] = allRights.map((rights): DoctorCheck => ({
  id: rights.id,
  description: rights.description,
  needs: ['kubernetes'],
  runsAfter: rights.runsAfter ?? [],
  run: (examination, signal) => checkRights(rights, examination, signal),
}));

async function checkRights(
  { account: other, isNeeded = () => true, rights, isOptional = false, remedy, write }: RightsCheck,
  examination: Examination,
  signal: AbortSignal,
): Promise<Finding> {
  const needed = isNeeded(examination);
  if (needed === false) return ok('not needed');
  const account = other ?? examination.facts.get('account');
  const name = `ServiceAccount ${account.namespace}/${account.name}`;
  const missing = await missingRights(examination, account, rights(examination), signal);
  if (missing.length === 0) return ok(`${name} has these rights`);
  const more = missing.length > maxShown ? `, and ${missing.length - maxShown} more` : '';
  const found = `${name} may not ${missing.slice(0, maxShown).map(rightText).join(', ')}${more}`;
  const text = write(account, examination.facts.get('config'));
  if (needed === undefined) return warn(`${found}, which it needs ${unknownNeed}`, remedy, text);
  return (isOptional ? warn : failed)(found, remedy, text);
}

const unknownNeed = 'if it runs with --manage-apiservice, as the chart and deploy/adapter have it';
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

const roleBinding = (inNamespace: string, suffix: string, role: string, { namespace, name }: Account) =>
  `kubectl create rolebinding -n ${inNamespace} sls-metrics-adapter-${suffix} ${role} --serviceaccount=${namespace}:${name}`;

/** Returns `['']`, which means all namespaces, if none are configured. */
const watchedNamespaces = ({ kubernetes: { autoscalerNamespaces: some } }: Config) =>
  some.length === 0 ? [''] : some;

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
