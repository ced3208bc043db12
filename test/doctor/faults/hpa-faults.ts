import { logstore, project } from '../../support/adapter.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { matchLabels, route, usualLabels, where, type HealthySetup } from '../healthy-setup.ts';
import type { Fault } from './fault.ts';

const onlyHpa = (setup: HealthySetup, name: string, labels: Readonly<Record<string, string>>) => {
  setup.apiServer.hpas.put(autoscaler('shop', 'broken', [externalMetric(name, matchLabels(labels))]));
};

/** Faults of what HPAs name. */
export const hpaFaults: readonly Fault[] = [
  {
    name: 'an HPA names a project that does not exist',
    inject: (setup) => {
      onlyHpa(setup, 'sls_ingress_qps', { ...usualLabels, 'sls.project': `${project}x` });
      setup.apiServer.hpas.put(
        autoscaler('shop', 'api', [externalMetric('sls_ingress_qps', matchLabels(usualLabels))]),
      );
    },
    check: 'hpa-logstores',
    status: 'failed',
    found: [`HPA shop/broken: SLS, project ${project}x: ProjectNotExist`],
    remedy: 'region',
    write: `sls.project: ${project}`,
  },
  {
    name: 'HPAs name a logstore that does not exist, seen from a laptop',
    inject: async (setup) => {
      setup.flags = { kubeconfig: await setup.apiServer.kubeconfigFile() };
      setup.input = { selector: where };
      for (const name of ['one', 'two'])
        setup.apiServer.hpas.put(
          autoscaler('shop', name, [
            externalMetric(
              'sls_ingress_qps',
              matchLabels({ ...usualLabels, 'sls.logstore': 'nginx-ingres' }),
            ),
          ]),
        );
    },
    check: 'hpa-logstores',
    status: 'failed',
    found: ['HPA shop/one and 1 more: SLS, project k8s-log-test, logstore nginx-ingres: LogStoreNotExist'],
    remedy: 'sls.logstore',
    write: 'sls.logstore: nginx-ingress',
  },
  {
    name: 'an HPA has several wrong labels',
    inject: (setup) =>
      onlyHpa(setup, 'sls_ingress_qps', {
        'sls.project': project,
        'sls.ingres.host': 'a.example.com',
        'sls.ingress.rout': route,
        'sls.query.interval': 'soon',
      }),
    check: 'hpa-labels',
    status: 'failed',
    found: [
      'unknown label "sls.ingres.host"',
      'unknown label "sls.ingress.rout"',
      'sls.query.interval is "soon" and must be',
    ],
    remedy: 'Remove the label or correct its name.',
    write: `sls.ingress.host: a.example.com\nsls.ingress.route: ${route}`,
  },
  {
    name: 'an HPA has an unknown label',
    inject: (setup) =>
      onlyHpa(setup, 'sls_ingress_qps', { ...usualLabels, 'sls.ingres.host': 'a.example.com' }),
    check: 'hpa-labels',
    status: 'failed',
    found: ['HPA shop/broken, sls_ingress_qps: unknown label "sls.ingres.host"'],
    remedy: 'Remove the label or correct its name.',
    write: 'sls.ingress.host: a.example.com',
  },
  {
    name: 'an HPA names an unknown metric',
    inject: (setup) => onlyHpa(setup, 'sls_ingres_qps', usualLabels),
    check: 'hpa-metrics',
    status: 'failed',
    found: ['HPA shop/broken, sls_ingres_qps: the server could not find the metric sls_ingres_qps'],
    remedy:
      'Look its name up in docs/metrics.md; kubectl get --raw /apis/external.metrics.k8s.io/v1beta1 lists those that are served.',
    write: 'metric: { name: sls_ingress_qps }',
  },
  {
    name: 'an HPA names a forecast, and the adapter makes none',
    inject: (setup) => {
      setup.file = 'reading: { maxForecasts: 0 }';
      onlyHpa(setup, 'sls_ingress_qps_forecast', usualLabels);
    },
    check: 'hpa-metrics',
    status: 'failed',
    found: [
      'HPA shop/broken, sls_ingress_qps_forecast: no forecasts are made, since reading.maxForecasts is 0',
    ],
    remedy: 'Set reading.maxForecasts of the adapter, or remove the forecast from the HPA.',
  },
  {
    name: 'an HPA names a metric that only the stock adapter serves',
    inject: (setup) => onlyHpa(setup, 'slb_l7_qps', { 'slb.instance.id': 'lb-1', 'slb.port': '80' }),
    check: 'stock-metrics',
    status: 'failed',
    found: ['HPA shop/broken, slb_l7_qps: the server could not find the metric slb_l7_qps'],
    remedy: 'Only the stock adapter serves these. Before it is replaced, give these HPAs another metric',
  },
  {
    name: 'an access rule for all namespaces allows what another one narrows',
    inject: (setup) => {
      setup.file =
        'access: { rules: [{ name: shop, namespaces: [shop], routes: [shop-*] }, { name: all, namespaces: ["*"] }] }';
    },
    check: 'access-rules',
    status: 'warn',
    found: ['access rule "shop" narrows nothing for namespace shop, since rule "all" allows more'],
    remedy: 'docs/access.md',
  },
  {
    name: 'an HPA names a route that the access rules refuse',
    inject: (setup) => {
      setup.file = 'access: { ownRoutesOnly: true }';
      onlyHpa(setup, 'sls_ingress_qps', { ...usualLabels, 'sls.ingress.route': 'bank-web-80' });
      setup.input = {
        selector: `sls.project=${project},sls.logstore=${logstore},sls.ingress.route=${route}`,
        namespace: 'shop',
      };
    },
    check: 'hpa-access',
    status: 'failed',
    found: [
      'HPA shop/broken, sls_ingress_qps',
      'by access.ownRoutesOnly, namespace "shop" may read routes shop-SERVICE-PORT, not route "bank-web-80"',
    ],
    remedy: 'Name in the metric selector what the namespace may read',
  },
];
