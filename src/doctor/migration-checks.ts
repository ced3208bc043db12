import type { V1APIService } from '@kubernetes/client-node';
import { apiServiceName } from '../kube/api-service.ts';
import {
  findApiService,
  ownServiceOf,
  ownerText,
  providerOf,
  registerCommand,
} from './api-service-checks.ts';
import { onlyStock, refusedReads } from './autoscaler-checks.ts';
import { failed, ok } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';

const annotations = {
  release: 'meta.helm.sh/release-name',
  releaseNamespace: 'meta.helm.sh/release-namespace',
} as const;

/** Label of the HPAs that KEDA makes, on their metrics. */
const scaledObjectLabel = 'scaledobject.keda.sh/name';

export const provider: DoctorCheck = {
  id: 'provider',
  description: 'Who serves external metrics today',
  needs: ['kubernetes'],
  run: async (examination, signal) => {
    const found = await findApiService(examination, signal);
    if (found === undefined) return ok(`none: APIService ${apiServiceName} does not exist`);
    const release = helmReleaseOf(found.metadata?.annotations);
    return ok(`${ownerText(found)}${release === undefined ? '' : `, of Helm release ${release}`}`);
  },
};

function helmReleaseOf(annotated: Readonly<Record<string, string>> = {}): string | undefined {
  const name = annotated[annotations.release];
  return name === undefined ? undefined : `${annotated[annotations.releaseNamespace] ?? ''}/${name}`;
}

/** Lists what HPAs read; fails if something stops once the adapter serves. */
export const hpaMigration: DoctorCheck = {
  id: 'hpa-reads',
  description: 'The adapter serves everything that HPAs read today',
  needs: ['hpas'],
  runsAfter: ['provider'],
  run: (examination) => {
    const entries = readsOf(examination);
    const stopping = entries.filter(({ served }) => !served);
    const lines = [...stopping, ...entries.filter(({ served }) => served)].map(
      ({ hpa, metric, served, why }) => `HPA ${hpa}, ${metric}: ${served ? 'served' : `stops: ${why ?? ''}`}`,
    );
    const found = [`${stopping.length} of ${entries.length} external metrics of HPAs stop`, ...lines].join(
      '\n',
    );
    const remedy =
      'Before the adapter takes over, give these HPAs other metrics, or keep the other provider (docs/migrate.md). KEDA needs its APIService for every ScaledObject.';
    return { ...(stopping.length === 0 ? ok(found) : failed(found, remedy)), entries };
  },
};

function readsOf(examination: Examination) {
  const apiService = examination.facts.find('apiService');
  const besideKeda =
    apiService !== undefined && providerOf(apiService) === 'KEDA'
      ? 'KEDA keeps the APIService, so write a ScaledObject instead (docs/keda.md)'
      : undefined;
  const refused = Map.groupBy(refusedReads(examination), ({ hpa, metric }) => `${hpa} ${metric}`);
  return examination.facts.get('autoscalers').flatMap(({ namespace, name, metrics }) =>
    metrics.map((ref) => {
      const hpa = `${namespace}/${name}`;
      const labels = 'refusal' in ref ? [] : ref.requirements;
      const scaledObject = labels.find(({ key }) => key === scaledObjectLabel)?.values[0];
      const [error] = refused.get(`${hpa} ${ref.name}`) ?? [];
      const other = onlyStock.test(ref.name)
        ? 'only the stock adapter serves it'
        : (error?.error.what ?? besideKeda);
      const why = scaledObject === undefined ? other : `KEDA serves it for ScaledObject ${scaledObject}`;
      return { hpa, metric: ref.name, scaledObject, served: why === undefined, why };
    }),
  );
}

/** As the stock adapter registers itself. The APIService no longer says so once the adapter has taken it over. */
const stockRegistration = {
  service: { name: 'alibaba-cloud-metrics-adapter', namespace: 'kube-system' },
  insecureSkipTLSVerify: true,
};

/** Returns what to type if the APIService names the adapter. */
function wayBack({ metadata }: V1APIService) {
  // An uninstall deletes an APIService that the adapter's manifests created.
  const isCreatedByAdapter = metadata?.labels?.['app.kubernetes.io/name'] === 'sls-metrics-adapter';
  if (!isCreatedByAdapter)
    return {
      remedy: 'The way back to the stock adapter of ACK, while that is installed:',
      write: registerCommand(stockRegistration),
    };
  const name = metadata.annotations?.[annotations.release];
  const namespace = metadata.annotations?.[annotations.releaseNamespace] ?? '';
  return {
    remedy:
      'The way back to another provider: remove the adapter, which deletes the APIService, then install that provider:',
    write:
      name === undefined
        ? 'kubectl delete -k deploy/adapter'
        : `helm uninstall ${name} --namespace ${namespace}`,
  };
}

/** Says what to type. Never fails. */
export const takeOver: DoctorCheck = {
  id: 'take-over',
  description: 'What to type to let the adapter serve, and the way back',
  needs: ['provider'],
  runsAfter: ['hpa-reads'],
  run: (examination) => {
    const apiService = examination.facts.find('apiService');
    const install =
      'helm install sls-metrics-adapter charts/sls-metrics-adapter -n sls-metrics-adapter --create-namespace -f values.yaml';
    if (apiService === undefined)
      return { ...ok('no provider is in the way'), remedy: 'Install:', write: install };
    const { own, isNamed } = ownServiceOf(examination, apiService);
    const release = helmReleaseOf(apiService.metadata?.annotations);
    if (isNamed)
      return {
        ...ok(
          `the APIService names the adapter already${release === undefined ? '' : `, and is deleted by an uninstall of Helm release ${release}`}`,
        ),
        ...wayBack(apiService),
      };
    if (providerOf(apiService) === 'KEDA')
      return {
        ...ok('KEDA keeps the APIService'),
        remedy:
          'Install beside it, with cert-manager in the cluster or tls.mode=existing-secret, and let ScaledObjects read the adapter (docs/keda.md):',
        write: `${install} --set apiService.create=false --set tls.mode=cert-manager --set keda.enabled=true`,
      };
    return {
      ...ok('in this order; the last line is the way back'),
      remedy: 'Install beside it, take over, give back:',
      write: [
        `${install} --set apiService.create=false`,
        registerCommand({ service: own }),
        registerCommand(apiService.spec ?? {}),
      ].join('\n'),
    };
  },
};
