import { z } from 'zod';
import { isClusterHost } from '../grammar/cluster-address.ts';
import { logstoreName, projectName, section } from './leaf.ts';

const urlError =
  'must be an http:// or https:// URL inside the cluster, such as http://nginx-ingress-lb.kube-system.svc/: the host is a Service ({service}.{namespace}.svc) or a private IP address';

export const heartbeatSection = section({
  url: z
    .string({ error: urlError })
    .refine(isInCluster, { error: urlError })
    .describe(
      'Address of the ingress inside the cluster. It gets a request every 2 s while its log is read, whose line shows that the log arrives; default: no heartbeat',
    )
    .optional(),
  project: projectName(
    'Project that the requests to heartbeat.url are logged in; default: defaults.project',
  ).optional(),
  logstore: logstoreName(
    'Logstore that the requests to heartbeat.url are logged in; default: defaults.logstore',
  ).optional(),
});

interface HeartbeatSettings {
  readonly heartbeat: z.infer<typeof heartbeatSection>;
  readonly defaults: { readonly project?: string | undefined; readonly logstore?: string | undefined };
}

/** Returns the address, and where its requests are logged; undefined without a heartbeat. */
export function heartbeatTarget({ heartbeat, defaults }: HeartbeatSettings) {
  const { url, project = defaults.project, logstore = defaults.logstore } = heartbeat;
  return url === undefined || project === undefined || logstore === undefined
    ? undefined
    : { url: new URL(url), project, logstore };
}

function isInCluster(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return isClusterHost(url.hostname) && url.username === '' && url.password === '' && url.hash === '';
}
