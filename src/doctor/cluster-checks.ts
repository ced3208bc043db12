import { AdapterError } from '../errors.ts';
import { listAutoscalers } from '../kube/autoscalers/autoscaler-collection.ts';
import { loadKubeClient, serverVersion } from '../kube/client/kube-client.ts';
import { kubeconfigsOf } from '../kube/client/kubeconfig-files.ts';
import { failed, ok, skipped } from './check.ts';
import { usualKubeconfig, type DoctorCheck } from './examination.ts';
import { runningAdapter } from './running-adapter.ts';

export const kubernetes: DoctorCheck = {
  id: 'kubernetes',
  description: 'The API server answers and accepts our credentials',
  needs: ['configuration'],
  run: async (examination, signal) => {
    const { input, dependencies, facts, cleanup } = examination;
    const { env, monotonicMs } = dependencies;
    const { kubeconfig: named, serviceAccountDir } = facts.get('config').kubernetes;
    const kubeconfig = named ?? kubeconfigsOf(env);
    if (kubeconfig?.length === 0)
      return (input.migrate === true ? failed : skipped)(
        'no cluster is configured here',
        input.migrate === true ? 'Name its kubeconfig:' : 'To check the cluster too, name its kubeconfig:',
        usualKubeconfig,
      );
    try {
      const kube = await loadKubeClient({ kubeconfig, serviceAccountDir, env, monotonicMs });
      cleanup.defer(() => kube.close());
      const { gitVersion, compiler = '' } = await serverVersion(kube, { signal });
      // As `versionInfo` of the adapter says; that of Kubernetes is gc.
      if (compiler.startsWith('node '))
        return failed(
          'this kubeconfig names an adapter, as that of the demo does, and no API server',
          'Leave it out, or name that of the cluster:',
          usualKubeconfig,
        );
      const isInPod = kubeconfig === undefined;
      const adapter = await runningAdapter(kube, facts.get('config'), input.serviceAccount, isInPod, signal);
      facts.learn({ kube, adapter, account: adapter.account });
      return ok(`Kubernetes ${gitVersion ?? 'of an unknown version'}`);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return failed(error.what, 'Correct the kubeconfig, or name another one:', usualKubeconfig);
    }
  },
};

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
