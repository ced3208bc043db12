import { logstore, project } from '../../support/adapter.ts';
import { createCa } from '../../support/certificates.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { apiServiceName, controller, matchLabels, route, usualLabels, type Patient } from '../patient.ts';
import type { Fault } from './fault.ts';

const onlyHpa = (patient: Patient, name: string, labels: Readonly<Record<string, string>>) => {
  patient.apiServer.hpas.put(autoscaler('shop', 'spoilt', [externalMetric(name, matchLabels(labels))]));
};

/** APIService, rights and HPAs. */
export const clusterFaults: readonly Fault[] = [
  {
    name: 'the APIService is missing',
    plant: ({ apiServer }) => apiServer.apiServices.delete(apiServiceName),
    check: 'apiservice',
    status: 'failed',
    found: [`there is no APIService ${apiServiceName}`],
    remedy: 'Install the adapter (kubectl apply -k deploy/adapter), or apply:',
    write: [`  name: ${apiServiceName}`, '    namespace: sls-metrics-adapter'],
    skipped: ['apiservice-owner', 'apiservice-available', 'ca-bundle'],
  },
  {
    name: 'the APIService is not available',
    plant: ({ apiServer }) =>
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
    remedy: 'No pod behind Service sls-metrics-adapter is ready: see why.',
    write:
      'kubectl get pods -n sls-metrics-adapter\nkubectl logs -n sls-metrics-adapter deployment/sls-metrics-adapter --tail=50',
  },
  {
    name: 'the APIService belongs to KEDA',
    plant: (patient) => patient.register({}, { namespace: 'keda', name: 'keda-operator-metrics-apiserver' }),
    check: 'apiservice-owner',
    status: 'failed',
    found: [
      'it belongs to Service keda/keda-operator-metrics-apiserver (KEDA), not to Service sls-metrics-adapter/sls-metrics-adapter',
    ],
    remedy: 'uninstall KEDA, whose HPAs get no metrics from then on, and take it over:',
    write: `kubectl patch apiservice ${apiServiceName} --type merge -p '{"spec":{"service":{"name":"sls-metrics-adapter","namespace":"sls-metrics-adapter"}}}'`,
    skipped: ['apiservice-available', 'ca-bundle'],
  },
  {
    name: 'the caBundle is that of another authority',
    plant: async (patient) => {
      const { certificate } = await createCa('adapter');
      patient.register({ caBundle: Buffer.from(certificate).toString('base64') });
    },
    check: 'ca-bundle',
    status: 'failed',
    found: ['the API server does not trust what sls-metrics-adapter.sls-metrics-adapter.svc serves'],
    remedy: 'Have the adapter keep it (--manage-apiservice',
    write: `kubectl patch apiservice ${apiServiceName} --type merge -p "{\\"spec\\":{\\"caBundle\\":\\"$(base64 -w0 ca.crt)\\"}}"`,
  },
  {
    name: 'the caBundle is absent, and nobody looks at certificates',
    plant: (patient) => patient.register({ caBundle: '', insecureSkipTLSVerify: true }),
    check: 'ca-bundle',
    status: 'warn',
    found: ['insecureSkipTLSVerify'],
    remedy: 'Have the adapter keep it (--manage-apiservice',
    write: ['\\"insecureSkipTLSVerify\\":null,'],
  },
  {
    name: 'the caBundle is absent',
    plant: (patient) => patient.register({ caBundle: '' }),
    check: 'ca-bundle',
    status: 'failed',
    found: ['there is no caBundle'],
    remedy: 'Have the adapter keep it (--manage-apiservice',
  },
  {
    name: 'the adapter may not delegate authentication',
    plant: (patient) => {
      patient.denied = ({ resource }) => resource?.resource === 'tokenreviews';
    },
    check: 'auth-delegator',
    status: 'failed',
    found: [
      'ServiceAccount sls-metrics-adapter/sls-metrics-adapter may not create tokenreviews.authentication.k8s.io',
    ],
    remedy: 'Without it the adapter lets nobody in. Bind it:',
    write:
      'kubectl create clusterrolebinding sls-metrics-adapter-auth-delegator --clusterrole=system:auth-delegator --serviceaccount=sls-metrics-adapter:sls-metrics-adapter',
  },
  {
    name: 'the adapter may not delegate authorisation',
    plant: (patient) => {
      patient.denied = ({ resource }) => resource?.resource === 'subjectaccessreviews';
    },
    check: 'auth-delegator',
    status: 'failed',
    found: ['may not create subjectaccessreviews.authorization.k8s.io'],
    remedy: 'Without it the adapter lets nobody in. Bind it:',
    write: ['--clusterrole=system:auth-delegator'],
  },
  {
    name: 'the adapter may not read how the API server is known',
    plant: (patient) => {
      patient.denied = ({ resource }) => resource?.name === 'extension-apiserver-authentication';
    },
    check: 'auth-reader',
    status: 'failed',
    found: ['may not get configmaps extension-apiserver-authentication in kube-system'],
    remedy: 'Without it the adapter does not know the API server when it asks. Bind it:',
    write:
      'kubectl create rolebinding -n kube-system sls-metrics-adapter-auth-reader --role=extension-apiserver-authentication-reader --serviceaccount=sls-metrics-adapter:sls-metrics-adapter',
  },
  {
    name: 'the HPA controller may not read metrics',
    plant: (patient) => {
      patient.denied = ({ user }) => user.username === controller;
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
    plant: (patient) => {
      patient.denied = ({ resource, user }) =>
        resource?.verb === 'watch' && resource.group === 'autoscaling' && user.username !== controller;
    },
    check: 'hpa-watch',
    status: 'warn',
    found: ['may not watch horizontalpodautoscalers.autoscaling'],
    remedy: 'Without it only what was read lately is kept fresh.',
    write:
      'kubectl create clusterrole sls-metrics-adapter-autoscalers --verb=get,list,watch --resource=horizontalpodautoscalers.autoscaling\nkubectl create clusterrolebinding sls-metrics-adapter-autoscalers --clusterrole=sls-metrics-adapter-autoscalers --serviceaccount=sls-metrics-adapter:sls-metrics-adapter',
  },
  {
    name: 'the adapter may not watch HPAs of one of the namespaces that it is to',
    plant: (patient) => {
      patient.file = 'kubernetes: { autoscalerNamespaces: [shop, bank] }';
      patient.denied = ({ resource }) =>
        resource?.verb === 'list' && resource.group === 'autoscaling' && resource.namespace === 'bank';
    },
    check: 'hpa-watch',
    status: 'warn',
    found: ['may not list horizontalpodautoscalers.autoscaling in bank'],
    remedy: 'Without it only what was read lately is kept fresh.',
    write: [
      'kubectl create rolebinding -n bank sls-metrics-adapter-autoscalers --clusterrole=sls-metrics-adapter-autoscalers --serviceaccount=sls-metrics-adapter:sls-metrics-adapter',
    ],
  },
  {
    name: 'the adapter may not write Events',
    plant: (patient) => {
      patient.file = 'kubernetes: { events: true }';
      patient.denied = ({ resource }) => resource?.group === 'events.k8s.io';
    },
    check: 'hpa-events',
    status: 'warn',
    found: ['may not create events.events.k8s.io, patch events.events.k8s.io'],
    remedy: 'Without it no Event on an HPA says why its metric fails.',
    write:
      'kubectl create clusterrole sls-metrics-adapter-events --verb=create,patch --resource=events.events.k8s.io\nkubectl create clusterrolebinding sls-metrics-adapter-events --clusterrole=sls-metrics-adapter-events --serviceaccount=sls-metrics-adapter:sls-metrics-adapter',
  },
  {
    name: 'the adapter may not keep its APIService',
    plant: (patient) => {
      patient.file = 'kubernetes: { manageApiService: true }';
      patient.denied = ({ resource }) => resource?.verb === 'patch';
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
    name: 'an HPA has a label that nobody knows',
    plant: (patient) =>
      onlyHpa(patient, 'sls_ingress_qps', { ...usualLabels, 'sls.ingres.host': 'a.example.com' }),
    check: 'hpa-labels',
    status: 'failed',
    found: ['HPA shop/spoilt, sls_ingress_qps: unknown label "sls.ingres.host"'],
    remedy: 'Remove the label or correct its name.',
    write: 'sls.ingress.host: a.example.com',
  },
  {
    name: 'an HPA names a metric that nobody serves',
    plant: (patient) => onlyHpa(patient, 'sls_ingres_qps', usualLabels),
    check: 'hpa-metrics',
    status: 'failed',
    found: ['HPA shop/spoilt, sls_ingres_qps: the server could not find the metric sls_ingres_qps'],
    remedy: 'List the served metrics with: kubectl get --raw /apis/external.metrics.k8s.io/v1beta1',
    write: 'metric: { name: sls_ingress_qps }',
  },
  {
    name: 'an HPA names a route that the access rules refuse',
    plant: (patient) => {
      patient.file = 'access: { ownRoutesOnly: true }';
      onlyHpa(patient, 'sls_ingress_qps', { ...usualLabels, 'sls.ingress.route': 'bank-web-80' });
      patient.asked = {
        selector: `sls.project=${project},sls.logstore=${logstore},sls.ingress.route=${route}`,
        namespace: 'shop',
      };
    },
    check: 'hpa-access',
    status: 'failed',
    found: [
      'HPA shop/spoilt, sls_ingress_qps',
      'by access.ownRoutesOnly, namespace "shop" may read routes shop-SERVICE-PORT, not route "bank-web-80"',
    ],
    remedy: 'Name in the metric selector what the namespace may read',
  },
];
