import { versionInfo } from '../../../src/api/discovery/version.ts';
import { createCa } from '../../support/certificates.ts';
import { apiServiceName, controller, service, where, type HealthySetup } from '../healthy-setup.ts';
import type { Fault } from './fault.ts';

const deniesKeeper: HealthySetup['denied'] = ({ resource }) => resource?.resource === 'apiservices';

const adapterDeployment = (namespace: string, serviceAccountName: string, ...args: string[]) => ({
  metadata: { name: 'sls-metrics-adapter', namespace },
  spec: { template: { spec: { serviceAccountName, containers: [{ name: 'adapter', args }] } } },
});

/** Faults of the APIService and of rights. */
export const clusterFaults: readonly Fault[] = [
  {
    name: 'the kubeconfig names the adapter itself',
    inject: ({ apiServer }) => void (apiServer.version = versionInfo()),
    check: 'kubernetes',
    status: 'failed',
    found: ['this kubeconfig names an adapter, as that of the demo does, and no API server'],
    remedy: 'Leave it out, or name that of the cluster:',
    skipped: ['hpas', 'apiservice', 'hpa-access'],
  },
  {
    name: 'the APIService is missing',
    inject: ({ apiServer }) => apiServer.apiServices.delete(apiServiceName),
    check: 'apiservice',
    status: 'failed',
    found: [`APIService ${apiServiceName} does not exist`],
    remedy: 'Install the adapter (kubectl apply -k deploy/adapter), or apply:',
    write: [`  name: ${apiServiceName}`, '    namespace: sls-metrics-adapter'],
    skipped: ['apiservice-owner', 'apiservice-available', 'ca-bundle'],
  },
  {
    name: 'the APIService is not available',
    inject: ({ apiServer }) =>
      apiServer.apiServices.setAvailable(
        apiServiceName,
        'False',
        'MissingEndpoints',
        'endpoints for service/sls-metrics-adapter have no addresses with port name "https"',
      ),
    check: 'apiservice-available',
    status: 'failed',
    found: [
      'MissingEndpoints: endpoints for service/sls-metrics-adapter have no addresses with port name "https"',
    ],
    remedy: 'No pod of Service sls-metrics-adapter is ready. Find out why:',
    write:
      'kubectl get pods -n sls-metrics-adapter\nkubectl logs -n sls-metrics-adapter deployment/sls-metrics-adapter --tail=50',
  },
  {
    name: 'the APIService belongs to KEDA',
    inject: (setup) => setup.register({}, { namespace: 'keda', name: 'keda-operator-metrics-apiserver' }),
    check: 'apiservice-owner',
    status: 'failed',
    found: [
      'it belongs to Service keda/keda-operator-metrics-apiserver (KEDA), so 1 HPA with metrics of the adapter, such as shop/web, get none',
    ],
    remedy:
      'Let KEDA keep it: every ScaledObject needs it. Replace each of these HPAs by a ScaledObject that reads the adapter (docs/keda.md):',
    write: 'sls-metrics-adapter routes --scaled-object DEPLOYMENT --namespace NAMESPACE',
    skipped: ['apiservice-available', 'ca-bundle'],
  },
  {
    name: 'the caBundle is from another CA',
    inject: async (setup) => {
      const { certificate } = await createCa('adapter');
      setup.register({ caBundle: Buffer.from(certificate).toString('base64') });
    },
    check: 'ca-bundle',
    status: 'failed',
    found: ['the API server does not trust the certificate of sls-metrics-adapter.sls-metrics-adapter.svc'],
    remedy: 'Let the adapter maintain caBundle (--manage-apiservice',
    write: `kubectl patch apiservice ${apiServiceName} --type merge -p "{\\"spec\\":{\\"caBundle\\":\\"$(base64 -w0 ca.crt)\\"}}"`,
  },
  {
    name: 'the caBundle is missing and certificates are not verified',
    inject: (setup) => setup.register({ caBundle: '', insecureSkipTLSVerify: true }),
    check: 'ca-bundle',
    status: 'warn',
    found: ['insecureSkipTLSVerify'],
    remedy: 'Let the adapter maintain caBundle (--manage-apiservice',
    write: ['\\"insecureSkipTLSVerify\\":null,'],
  },
  {
    name: 'the caBundle is missing',
    inject: (setup) => setup.register({ caBundle: '' }),
    check: 'ca-bundle',
    status: 'failed',
    found: ['there is no caBundle'],
    remedy: 'Let the adapter maintain caBundle (--manage-apiservice',
  },
  {
    name: 'the adapter may not create token reviews',
    inject: (setup) => {
      setup.denied = ({ resource }) => resource?.resource === 'tokenreviews';
    },
    check: 'auth-delegator',
    status: 'failed',
    found: [
      'ServiceAccount sls-metrics-adapter/sls-metrics-adapter may not create tokenreviews.authentication.k8s.io',
    ],
    remedy: 'Without it the adapter rejects every request. Bind it:',
    write:
      'kubectl create clusterrolebinding sls-metrics-adapter-auth-delegator --clusterrole=system:auth-delegator --serviceaccount=sls-metrics-adapter:sls-metrics-adapter',
  },
  {
    name: 'the adapter may not create access reviews',
    inject: (setup) => {
      setup.denied = ({ resource }) => resource?.resource === 'subjectaccessreviews';
    },
    check: 'auth-delegator',
    status: 'failed',
    found: ['may not create subjectaccessreviews.authorization.k8s.io'],
    remedy: 'Without it the adapter rejects every request. Bind it:',
    write: ['--clusterrole=system:auth-delegator'],
  },
  {
    name: 'the adapter may not read ConfigMap extension-apiserver-authentication',
    inject: (setup) => {
      setup.denied = ({ resource }) => resource?.name === 'extension-apiserver-authentication';
    },
    check: 'auth-reader',
    status: 'failed',
    found: ['may not get configmaps extension-apiserver-authentication in kube-system'],
    remedy: 'Without it the adapter does not recognise the API server as a client. Bind it:',
    write:
      'kubectl create rolebinding -n kube-system sls-metrics-adapter-auth-reader --role=extension-apiserver-authentication-reader --serviceaccount=sls-metrics-adapter:sls-metrics-adapter',
  },
  {
    name: 'the HPA controller may not read metrics',
    inject: (setup) => {
      setup.denied = ({ user }) => user.username === controller;
    },
    check: 'hpa-reader',
    status: 'failed',
    found: [
      'ServiceAccount kube-system/horizontal-pod-autoscaler may not list sls_ingress_qps.external.metrics.k8s.io in shop',
    ],
    remedy: 'Without it the HPA controller gets 403, and HPAs show <unknown>. Apply:',
    write: [
      'apiGroups: [external.metrics.k8s.io]',
      'name: horizontal-pod-autoscaler\n    namespace: kube-system',
    ],
  },
  {
    name: 'the adapter may not watch HPAs',
    inject: (setup) => {
      setup.file = 'telemetry: { port: 0, statusPage: true }';
      setup.denied = ({ resource, user }) =>
        resource?.verb === 'watch' && resource.group === 'autoscaling' && user.username !== controller;
    },
    check: 'hpa-watch',
    status: 'warn',
    found: ['may not watch horizontalpodautoscalers.autoscaling'],
    remedy: 'Without it the status page shows no HPAs.',
    write:
      'kubectl create clusterrole sls-metrics-adapter-autoscalers --verb=list,watch --resource=horizontalpodautoscalers.autoscaling\nkubectl create clusterrolebinding sls-metrics-adapter-autoscalers --clusterrole=sls-metrics-adapter-autoscalers --serviceaccount=sls-metrics-adapter:sls-metrics-adapter',
  },
  {
    name: 'the adapter may not list HPAs in one of the configured namespaces',
    inject: (setup) => {
      setup.file =
        'telemetry: { port: 0, statusPage: true }\nkubernetes: { autoscalerNamespaces: [shop, bank] }';
      setup.denied = ({ resource }) =>
        resource?.verb === 'list' && resource.group === 'autoscaling' && resource.namespace === 'bank';
    },
    check: 'hpa-watch',
    status: 'warn',
    found: ['may not list horizontalpodautoscalers.autoscaling in bank'],
    remedy: 'Without it the status page shows no HPAs.',
    write: [
      'kubectl create rolebinding -n bank sls-metrics-adapter-autoscalers --clusterrole=sls-metrics-adapter-autoscalers --serviceaccount=sls-metrics-adapter:sls-metrics-adapter',
    ],
  },
  {
    name: 'the adapter may not patch its APIService',
    inject: (setup) => {
      setup.file = 'kubernetes: { manageApiService: true }';
      setup.denied = ({ resource }) => resource?.verb === 'patch';
    },
    check: 'apiservice-keeper',
    status: 'failed',
    found: [`may not patch apiservices.apiregistration.k8s.io ${apiServiceName}`],
    remedy: 'Without it the API server does not trust the adapter. Grant it:',
    write: [
      `--verb=get,patch --resource=apiservices.apiregistration.k8s.io --resource-name=${apiServiceName}`,
    ],
  },
  {
    name: 'the adapter may not patch its APIService, seen from a laptop',
    inject: async (setup) => {
      setup.flags = { kubeconfig: await setup.apiServer.kubeconfigFile() };
      setup.apiServer.deployments.put(
        adapterDeployment(service.namespace, service.name, 'serve', '--manage-apiservice'),
      );
      setup.denied = deniesKeeper;
    },
    check: 'apiservice-keeper',
    status: 'failed',
    found: [
      `ServiceAccount sls-metrics-adapter/sls-metrics-adapter may not get apiservices.apiregistration.k8s.io ${apiServiceName}, patch`,
    ],
    remedy: 'Without it the API server does not trust the adapter. Grant it:',
    write: ['kubectl create clusterrolebinding sls-metrics-adapter-apiservice'],
  },
  {
    name: 'the adapter may not patch its APIService, seen from a laptop that finds no Deployment',
    inject: async (setup) => {
      setup.env = { ...setup.env, KUBECONFIG: await setup.apiServer.kubeconfigFile() };
      setup.denied = deniesKeeper;
    },
    check: 'apiservice-keeper',
    status: 'warn',
    found: ['which it needs if it runs with --manage-apiservice, as the chart and deploy/adapter have it'],
    remedy: 'Without it the API server does not trust the adapter. Grant it:',
    write: ['kubectl create clusterrolebinding sls-metrics-adapter-apiservice'],
  },
  {
    name: 'an adapter in another namespace lacks a right, seen from a laptop',
    inject: async (setup) => {
      setup.flags = { kubeconfig: await setup.apiServer.kubeconfigFile(), serviceNamespace: undefined };
      setup.dependencies = {
        lookup: (host, _, done) =>
          done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), ''),
      };
      setup.register({}, { namespace: 'autoscaling', name: 'sls-metrics-adapter' });
      setup.apiServer.deployments.put(adapterDeployment('autoscaling', 'scaler', 'serve'));
      setup.denied = ({ resource, user }) =>
        resource?.resource === 'tokenreviews' && user.username === 'system:serviceaccount:autoscaling:scaler';
    },
    check: 'auth-delegator',
    status: 'failed',
    found: ['ServiceAccount autoscaling/scaler may not create tokenreviews.authentication.k8s.io'],
    remedy: 'Without it the adapter rejects every request. Bind it:',
    write: ['--serviceaccount=autoscaling:scaler'],
  },
  {
    name: 'the HPA controller may not read metrics, seen from a pod that may not list HPAs',
    inject: (setup) => {
      setup.input = { selector: where };
      setup.apiServer.fail('hpa.list', { kind: 'status', code: 403, reason: 'Forbidden' });
      setup.denied = ({ user }) => user.username === controller;
    },
    check: 'hpa-reader',
    status: 'failed',
    found: ['may not list sls_ingress_qps.external.metrics.k8s.io in default'],
    remedy: 'Without it the HPA controller gets 403, and HPAs show <unknown>. Apply:',
    skipped: ['hpas', 'hpa-labels'],
  },
];
