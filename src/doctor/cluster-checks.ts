import { AdapterError } from '../errors.ts';
import { listAutoscalers } from '../kube/autoscalers/autoscaler-list.ts';
import { loadKubeClient } from '../kube/client/kube-client.ts';
import { isRecord, KubeError } from '../kube/client/kube-error.ts';
import { serviceNamespaceOf } from '../service/service-namespace.ts';
import { failed, ok, skipped } from './check.ts';
import type { Account, DoctorCheck, Examination } from './examination.ts';

/** By what deploy/ installs. */
const usualNamespace = 'sls-metrics-adapter';

export const kubernetes: DoctorCheck = {
  id: 'kubernetes',
  what: 'Whether the API server is reached, and lets us in',
  after: ['configuration'],
  run: async (examination, signal) => {
    const { around, facts, closing } = examination;
    const { env, clock } = around;
    const { kubeconfig, serviceAccountDir = around.serviceAccountDir } = facts.get('config').kubernetes;
    try {
      const own = serviceAccountDir === undefined ? {} : { serviceAccountDir };
      const kube = await loadKubeClient({
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...own,
        env,
        clock,
      });
      closing.defer(() => kube.close());
      const version = await kube.get('/version', { signal });
      const account = await accountOf(examination);
      facts.learn({ kube, account });
      const gitVersion = isRecord(version) ? version['gitVersion'] : undefined;
      return ok(`Kubernetes ${typeof gitVersion === 'string' ? gitVersion : 'of an unknown version'}`);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      if (kubeconfig === undefined && env['KUBERNETES_SERVICE_HOST'] === undefined)
        return skipped(
          'no cluster is known here',
          'To look at the cluster too, name its kubeconfig:',
          '--kubeconfig "$HOME/.kube/config"',
        );
      return failed(
        error.what,
        'Correct the kubeconfig, or name another:',
        '--kubeconfig "$HOME/.kube/config"',
      );
    }
  },
};

/** As told; in a pod our own; else by convention: the ServiceAccount is called as the Service. */
async function accountOf({ asked, facts }: Examination): Promise<Account> {
  const config = facts.get('config');
  const { serviceName: usualName, kubeconfig } = config.kubernetes;
  if (asked.serviceAccount !== undefined) {
    const [namespace = '', name = ''] = asked.serviceAccount.split('/');
    return { namespace, name, isOwn: false };
  }
  const namespace = (await serviceNamespaceOf(config)) ?? usualNamespace;
  return { namespace, name: usualName, isOwn: kubeconfig === undefined };
}

export const hpas: DoctorCheck = {
  id: 'hpas',
  what: 'Which HPAs there are, and which of them name external metrics',
  after: ['kubernetes'],
  run: async ({ facts }, signal) => {
    const { autoscalerNamespaces } = facts.get('config').kubernetes;
    try {
      const all = await listAutoscalers(facts.get('kube'), autoscalerNamespaces, { signal });
      const autoscalers = all.filter(({ metrics }) => metrics.length > 0);
      facts.learn({ autoscalers });
      return ok(`${all.length}, of which ${autoscalers.length} name external metrics`);
    } catch (error) {
      if (!(error instanceof KubeError && error.statusCode === 403)) throw error;
      return skipped(
        error.message,
        'Run it with the kubeconfig of an administrator, to look at HPAs too:',
        '--kubeconfig "$HOME/.kube/config"',
      );
    }
  },
};
