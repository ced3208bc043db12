import { existsSync } from 'node:fs';
import { AdapterError } from '../errors.ts';
import { listAutoscalers } from '../kube/autoscalers/autoscaler-collection.ts';
import { loadKubeClient, serverVersion } from '../kube/client/kube-client.ts';
import { usualKubeconfigs } from '../kube/client/kubeconfig-files.ts';
import { serviceNamespaceOf } from '../service/service-namespace.ts';
import { failed, ok, skipped } from './check.ts';
import { usualKubeconfig, type Account, type DoctorCheck, type Examination } from './examination.ts';

/** The namespace in the manifests of deploy/. */
const defaultNamespace = 'sls-metrics-adapter';

export const kubernetes: DoctorCheck = {
  id: 'kubernetes',
  description: 'The API server answers and accepts our credentials',
  needs: ['configuration'],
  run: async (examination, signal) => {
    const { dependencies, facts, cleanup } = examination;
    const { env, clock } = dependencies;
    const { kubeconfig: named, serviceAccountDir } = facts.get('config').kubernetes;
    const kubeconfig = named ?? kubeconfigsOf(env);
    if (kubeconfig?.length === 0)
      return skipped(
        'no cluster is configured here',
        'To check the cluster too, name its kubeconfig:',
        usualKubeconfig,
      );
    try {
      const kube = await loadKubeClient({ kubeconfig, serviceAccountDir, env, clock });
      cleanup.defer(() => kube.close());
      const version = await serverVersion(kube, { signal });
      const account = await accountOf(examination, kubeconfig === undefined);
      facts.learn({ kube, account });
      return ok(`Kubernetes ${version ?? 'of an unknown version'}`);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return failed(error.what, 'Correct the kubeconfig, or name another one:', usualKubeconfig);
    }
  },
};

/**
 * Returns the kubeconfig files if no flag names one: those of `KUBECONFIG`, else, in a pod, undefined for its service
 * account, else `~/.kube/config` if it exists. Empty: there is none.
 */
function kubeconfigsOf(env: Examination['dependencies']['env']): readonly string[] | undefined {
  const files = usualKubeconfigs(env);
  if (env['KUBECONFIG']) return files;
  if (env['KUBERNETES_SERVICE_HOST']) return undefined;
  return files.filter((file) => existsSync(file));
}

/** Returns the given account, else our own in a pod. By convention the ServiceAccount has the name of the Service. */
async function accountOf({ input, facts }: Examination, isInPod: boolean): Promise<Account> {
  const config = facts.get('config');
  const { serviceName } = config.kubernetes;
  if (input.serviceAccount !== undefined) {
    const [namespace = '', name = ''] = input.serviceAccount.split('/');
    return { namespace, name, isOwn: false };
  }
  const namespace = (await serviceNamespaceOf(config)) ?? defaultNamespace;
  return { namespace, name: serviceName, isOwn: isInPod };
}

export const hpas: DoctorCheck = {
  id: 'hpas',
  description: 'HPAs can be listed. The result says how many name external metrics',
  needs: ['kubernetes'],
  run: async ({ facts }, signal) => {
    const { autoscalerNamespaces } = facts.get('config').kubernetes;
    const all = await listAutoscalers(facts.get('kube'), autoscalerNamespaces, { signal });
    const autoscalers = all.filter(({ metrics }) => metrics.length > 0);
    facts.learn({ autoscalers });
    return ok(`${autoscalers.length} of ${all.length} HPAs name external metrics`);
  },
};
