import type { V1APIService, V1APIServiceStatus } from '@kubernetes/client-node';
import { apiServiceName, readApiService } from '../kube/api-service.ts';
import { KubeError } from '../kube/client/kube-error.ts';
import { failed, ok, skipped, type Finding } from './check.ts';
import type { DoctorCheck, Examination, FactStore } from './examination.ts';

export const apiService: DoctorCheck = {
  id: 'apiservice',
  description: `APIService ${apiServiceName} exists`,
  needs: ['kubernetes'],
  run: async (examination, signal) => {
    const found = await findApiService(examination, signal);
    if (found !== undefined) return ok(apiServiceName);
    return failed(
      `APIService ${apiServiceName} does not exist: no HPA gets external metrics`,
      'Install the adapter (kubectl apply -k deploy/adapter), or apply:',
      apiServiceManifest(examination),
    );
  },
};

/** Returns undefined if there is none. */
export async function findApiService(
  { facts }: Examination,
  signal: AbortSignal,
): Promise<V1APIService | undefined> {
  try {
    const found = await readApiService(facts.get('kube'), { signal });
    facts.learn({ apiService: found });
    return found;
  } catch (error) {
    if (error instanceof KubeError && error.statusCode === 404) return undefined;
    throw error;
  }
}

/** Other providers that register the same APIService, by the usual name of their Service. */
const providers: readonly (readonly [RegExp, string])[] = [
  [/^keda-/, 'KEDA'],
  [/^alibaba-cloud-metrics-adapter$/, 'the stock adapter of ACK'],
  [/^prometheus-adapter$/, 'prometheus-adapter'],
  [/^(datadog|.*-cluster-agent-metrics-)/, 'Datadog'],
];

/** Returns the provider, such as `KEDA`; undefined: its Service has none of the usual names. */
export const providerOf = ({ spec }: V1APIService): string | undefined =>
  providers.find(([pattern]) => pattern.test(spec?.service?.name ?? ''))?.[1];

/** Returns a text such as `Service keda/keda-operator-metrics-apiserver (KEDA)`. */
export function ownerText(apiService: V1APIService): string {
  const service = apiService.spec?.service;
  const provider = providerOf(apiService);
  if (service === undefined) return 'kube-apiserver itself';
  return `Service ${service.namespace ?? ''}/${service.name ?? ''}${provider === undefined ? '' : ` (${provider})`}`;
}

/** Returns the Service of the adapter, and whether the APIService names it. */
export function ownServiceOf({ facts }: Examination, { spec }: V1APIService) {
  const { serviceName, serviceNamespace } = facts.get('config').kubernetes;
  const own = { name: serviceName, namespace: serviceNamespace ?? facts.get('account').namespace };
  const service = spec?.service;
  const isNamed =
    service?.name === own.name && (serviceNamespace === undefined || service.namespace === serviceNamespace);
  return { own, isNamed };
}

/** The parts of an APIService that say where it leads. */
interface Registration {
  readonly service?: { readonly name?: string; readonly namespace?: string; readonly port?: number };
  readonly caBundle?: string;
  readonly insecureSkipTLSVerify?: boolean;
}

/** Returns the command that makes the APIService lead there. */
export function registerCommand({ service, caBundle, insecureSkipTLSVerify }: Registration): string {
  const { name, namespace, port = 443 } = service ?? {};
  const spec = {
    service: { name, namespace, port },
    caBundle: caBundle ?? null,
    insecureSkipTLSVerify: insecureSkipTLSVerify ?? null,
  };
  return `kubectl patch apiservice ${apiServiceName} --type=merge -p '${JSON.stringify({ spec })}'`;
}

export const apiServiceOwner: DoctorCheck = {
  id: 'apiservice-owner',
  description:
    'The APIService belongs to the adapter, or to KEDA and no HPA names a metric of the adapter itself',
  needs: ['apiservice'],
  runsAfter: ['hpas'],
  run: (examination) => {
    const registered = examination.facts.get('apiService');
    const { own, isNamed } = ownServiceOf(examination, registered);
    const owner = ownerText(registered);
    if (isNamed) return ok(owner);
    if (providerOf(registered) === 'KEDA') return besideKeda(owner, examination.facts);
    return failed(
      `it belongs to ${owner}, not to Service ${own.namespace}/${own.name}`,
      'A cluster has one provider of external metrics. doctor --migrate lists the HPAs that it serves and the way back. If --service-name and --service-namespace are correct, take over the APIService:',
      registerCommand({ service: own }),
    );
  },
};

/** KEDA must keep the APIService: without it, every ScaledObject fails. */
function besideKeda(owner: string, facts: FactStore): Finding {
  const { metrics } = facts.get('catalog');
  const names = new Set(metrics.map(({ name }) => name));
  const lost = (facts.find('autoscalers') ?? []).filter((hpa) =>
    hpa.metrics.some(({ name }) => names.has(name)),
  );
  const print = 'sls-metrics-adapter routes --scaled-object DEPLOYMENT --namespace NAMESPACE';
  const [first] = lost;
  if (first !== undefined)
    return failed(
      `it belongs to ${owner}, so ${lost.length} ${lost.length === 1 ? 'HPA' : 'HPAs'} with metrics of the adapter, such as ${first.namespace}/${first.name}, get none`,
      'Let KEDA keep it: every ScaledObject needs it. Replace each of these HPAs by a ScaledObject that reads the adapter (docs/keda.md):',
      print,
    );
  const isServed = facts.get('config').keda.port !== undefined;
  return skipped(
    `it belongs to ${owner}, which must keep it; ScaledObjects read the adapter ${isServed ? 'at its port for KEDA' : 'by its own address'}`,
    isServed
      ? 'Write ScaledObjects (docs/keda.md):'
      : 'Install the chart with apiService.create=false, tls.mode=cert-manager (or existing-secret) and keda.enabled=true, and write ScaledObjects (docs/keda.md):',
    print,
  );
}

/** Remedy and commands, by the reason that kube-aggregator's availability controller gives. */
const remedies: Readonly<Record<string, (service: string, namespace: string) => readonly [string, string]>> =
  {
    ServiceNotFound: (name, namespace) => [
      'Create the Service, or correct its name in the APIService:',
      `kubectl get service -n ${namespace} ${name}`,
    ],
    ServicePortError: (name, namespace) => [
      'Give the Service the port that the APIService names:',
      `kubectl get service -n ${namespace} ${name} -o yaml`,
    ],
    EndpointsNotFound: podsOf,
    MissingEndpoints: podsOf,
  };

function podsOf(name: string, namespace: string) {
  return [
    `No pod of Service ${name} is ready. Find out why:`,
    `kubectl get pods -n ${namespace}\nkubectl logs -n ${namespace} deployment/${name} --tail=50`,
  ] as const;
}

export const apiServiceAvailable: DoctorCheck = {
  id: 'apiservice-available',
  description: 'The API server reaches the adapter: condition Available',
  needs: ['apiservice-owner'],
  run: ({ facts }) => {
    const { spec, status } = facts.get('apiService');
    const available = availableCondition(status);
    if (available?.status === 'True') return ok('the API server reaches the adapter');
    const namespace = spec?.service?.namespace ?? '';
    const name = spec?.service?.name ?? '';
    // The API server sets the condition after its first attempt.
    if (available === undefined)
      return failed(
        'the API server has not tried to reach the adapter yet',
        'Wait a minute and run doctor again. If nothing changes, look at the log of kube-apiserver.',
      );
    const { reason = '', message = '' } = available;
    const [remedy, write] = remedies[reason]?.(name, namespace) ?? [
      'The API server cannot connect to the pods, or they do not answer. Check that it may connect to their port 6443 (security group, NetworkPolicy), their certificate (check ca-bundle) and their log:',
      `kubectl logs -n ${namespace} deployment/${name} --tail=50`,
    ];
    return failed(`${reason}: ${message}`, remedy, write);
  },
};

export const availableCondition = (status: V1APIServiceStatus | undefined) =>
  status?.conditions?.find(({ type }) => type === 'Available');

const apiServiceManifest = ({ facts }: Examination): string => `apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: ${apiServiceName}
spec:
  group: external.metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  service:
    name: ${facts.get('config').kubernetes.serviceName}
    namespace: ${facts.get('account').namespace}
    port: 443`;
