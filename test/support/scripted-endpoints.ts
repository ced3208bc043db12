import { autoscalerEndpointOf, type AutoscalerEndpoint } from './scripted-autoscalers.ts';

/** The endpoints of the scripted kube-apiserver, by path and verb. */
export type Endpoint =
  | 'configmap.get'
  | 'configmap.list'
  | 'configmap.watch'
  | AutoscalerEndpoint
  | 'tokenreview'
  | 'subjectaccessreview'
  | 'selfsubjectaccessreview'
  | 'apiservice.get'
  | 'apiservice.patch'
  | 'deployment.get'
  | 'version.get'
  | 'unknown';

const configMapsPath = '/api/v1/namespaces/kube-system/configmaps';

export function endpointOf(method: string, pathname: string, parameters: URLSearchParams): Endpoint {
  const act = `${method} ${pathname}`;
  const verb = parameters.get('watch') === 'true' ? 'watch' : 'list';
  if (act === `GET ${configMapsPath}`) return `configmap.${verb}`;
  if (act.startsWith(`GET ${configMapsPath}/`)) return 'configmap.get';
  const autoscalers = method === 'GET' ? autoscalerEndpointOf(pathname, parameters) : undefined;
  if (autoscalers !== undefined) return autoscalers;
  if (act === 'POST /apis/authentication.k8s.io/v1/tokenreviews') return 'tokenreview';
  if (act === 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews') return 'subjectaccessreview';
  if (act === 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews') return 'selfsubjectaccessreview';
  if (act === 'GET /version') return 'version.get';
  if (/^GET \/apis\/apps\/v1\/namespaces\/[^/]+\/deployments\/[^/]+$/.test(act)) return 'deployment.get';
  const [, apiServiceMethod] =
    /^(GET|PATCH) \/apis\/apiregistration\.k8s\.io\/v1\/apiservices\/[^/]+$/.exec(act) ?? [];
  if (apiServiceMethod === 'GET') return 'apiservice.get';
  if (apiServiceMethod === 'PATCH') return 'apiservice.patch';
  return 'unknown';
}
