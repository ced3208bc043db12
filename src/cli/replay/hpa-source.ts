import { readFile } from 'node:fs/promises';
import type { Config } from '../../config/schema.ts';
import { AdapterError } from '../../errors.ts';
import { hpasIn } from '../../kube/autoscalers/autoscaler-file.ts';
import { readAutoscaler } from '../../kube/autoscalers/autoscaler-collection.ts';
import { loadKubeClient, serverVersion } from '../../kube/client/kube-client.ts';
import { KubeError } from '../../kube/client/kube-error.ts';
import { kubeconfigsOf } from '../../kube/client/kubeconfig-files.ts';
import type { Io } from '../io.ts';

const clusterName = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)\/([a-z0-9]([-.a-z0-9]*[a-z0-9])?)$/;

/**
 * Reads an HPA from a file of YAML or JSON, or, if there is no such file, from the cluster.
 *
 * @param source a file, or `{namespace}/{name}`
 * @returns also the version of the cluster that it comes from, such as `v1.32.1`
 * @throws AdapterError `HpaInvalid`
 */
export async function loadHpa(source: string, config: Config, io: Io) {
  const text = await readText(source);
  if (text !== undefined) return { object: hpaIn(text, source), version: undefined };
  const [, namespace, , name] = clusterName.exec(source) ?? [];
  if (namespace === undefined || name === undefined)
    throw new AdapterError('HpaInvalid', `--hpa ${source}: there is no such file`, {
      remedy: 'Write a file with an HPA, or NAMESPACE/NAME of one in the cluster.',
    });
  return readFromCluster(namespace, name, config, io);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AdapterError('HpaInvalid', `--hpa ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** Returns the one HPA among the documents of a file. */
function hpaIn(text: string, file: string): unknown {
  const hpas = hpasIn(text, `--hpa ${file}`);
  if (hpas.length === 1) return hpas[0];
  const found = hpas.length === 0 ? 'it has no HorizontalPodAutoscaler' : `it has ${hpas.length} HPAs`;
  throw new AdapterError('HpaInvalid', `--hpa ${file}: ${found}`, {
    remedy: 'Write a file with one HorizontalPodAutoscaler of autoscaling/v2.',
  });
}

async function readFromCluster(namespace: string, name: string, config: Config, io: Io) {
  const { kubeconfig: named, serviceAccountDir } = config.kubernetes;
  const kubeconfig = named ?? kubeconfigsOf(io.env);
  if (kubeconfig?.length === 0)
    throw new AdapterError(
      'HpaInvalid',
      `--hpa ${namespace}/${name}: there is no such file, and no cluster is configured here`,
      {
        remedy:
          'Write a file with the HPA, or name the kubeconfig of the cluster: --kubeconfig ~/.kube/config.',
      },
    );
  const kube = await loadKubeClient({ kubeconfig, serviceAccountDir, env: io.env });
  try {
    const object = await readAutoscaler(kube, namespace, name, { signal: io.signal });
    const { gitVersion } = await serverVersion(kube, { signal: io.signal });
    return { object, version: gitVersion };
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    throw new AdapterError('HpaInvalid', `--hpa ${namespace}/${name}: ${error.message}`, {
      cause: error,
      remedy: 'List the HPAs with: kubectl get hpa --all-namespaces.',
    });
  } finally {
    kube.close();
  }
}
