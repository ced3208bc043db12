import { afterEach, expect, it } from 'vitest';
import { autoscaler, externalMetric } from '../support/scripted-autoscalers.ts';
import { textOf } from '../docs/doc-commands.ts';
import {
  apiServiceName,
  createHealthySetup,
  matchLabels,
  usualLabels,
  type HealthySetup,
} from './healthy-setup.ts';

const stock = { name: 'alibaba-cloud-metrics-adapter', namespace: 'kube-system' };
const keda = { name: 'keda-operator-metrics-apiserver', namespace: 'keda' };

const stockCommand = `kubectl patch apiservice ${apiServiceName} --type=merge -p '{"spec":{"service":{"name":"alibaba-cloud-metrics-adapter","namespace":"kube-system","port":443},"caBundle":null,"insecureSkipTLSVerify":true}}'`;

const releaseOf = (namespace: string, name: string) => ({
  'meta.helm.sh/release-name': name,
  'meta.helm.sh/release-namespace': namespace,
});

let setup: HealthySetup | undefined;
afterEach(() => setup?.[Symbol.asyncDispose]());

async function migrate(prepare: (setup: HealthySetup) => void) {
  setup = await createHealthySetup();
  setup.input = { migrate: true };
  prepare(setup);
  const results = await setup.examine();
  return Object.fromEntries(results.map((result) => [result.check, result]));
}

it('lists what would stop and what would be served, and prints the take-over and the way back', async () => {
  const results = await migrate((healthy) => {
    const { apiServer } = healthy;
    healthy.register({ caBundle: undefined as never, insecureSkipTLSVerify: true }, stock);
    apiServer.hpas.put(
      autoscaler('shop', 'lb', [
        externalMetric('slb_l4_active_connection', matchLabels({ 'slb.instance.id': 'lb-1' })),
      ]),
    );
    apiServer.hpas.put(
      autoscaler('shop', 'keda-hpa-jobs', [
        externalMetric('s0-cron', matchLabels({ 'scaledobject.keda.sh/name': 'jobs' })),
      ]),
    );
  });
  expect(Object.keys(results)).toEqual([
    ...['configuration', 'kubernetes', 'hpas', 'provider', 'hpa-reads', 'take-over'],
  ]);
  expect(results['provider']?.found).toBe(
    'Service kube-system/alibaba-cloud-metrics-adapter (the stock adapter of ACK)',
  );
  expect(results['hpa-reads']).toMatchObject({ status: 'failed' });
  expect(results['hpa-reads']?.found.split('\n')).toEqual([
    '2 of 3 external metrics of HPAs stop',
    'HPA shop/lb, slb_l4_active_connection: stops: only the stock adapter serves it',
    'HPA shop/keda-hpa-jobs, s0-cron: stops: KEDA serves it for ScaledObject jobs',
    'HPA shop/web, sls_ingress_qps: served',
  ]);
  expect(results['hpa-reads']?.entries).toContainEqual({
    ...{ hpa: 'shop/keda-hpa-jobs', metric: 's0-cron', scaledObject: 'jobs', served: false },
    why: 'KEDA serves it for ScaledObject jobs',
  });
  const [install, takeOver, wayBack] = results['take-over']?.write?.split('\n') ?? [];
  expect(install).toMatch(/^helm install .* --set apiService\.create=false$/);
  expect(takeOver).toContain(
    `-p '{"spec":{"service":{"name":"sls-metrics-adapter","namespace":"sls-metrics-adapter","port":443},"caBundle":null,"insecureSkipTLSVerify":null}}'`,
  );
  expect(wayBack).toMatch(
    /^kubectl patch apiservice v1beta1\.external\.metrics\.k8s\.io --type=merge -p '\{"spec":\{"service":\{"name":"alibaba-cloud-metrics-adapter","namespace":"kube-system","port":\d+\},"caBundle":null,"insecureSkipTLSVerify":true\}\}'$/,
  );
});

it('lets KEDA keep the APIService', async () => {
  const results = await migrate((healthy) => healthy.register({}, keda));
  // An HPA cannot read the adapter then.
  expect(results['hpa-reads']).toMatchObject({ status: 'failed' });
  expect(results['hpa-reads']?.found.split('\n')).toEqual([
    '1 of 1 external metrics of HPAs stop',
    'HPA shop/web, sls_ingress_qps: stops: KEDA keeps the APIService, so write a ScaledObject instead (docs/keda.md)',
  ]);
  expect(results['take-over']).toMatchObject({
    status: 'ok',
    found: 'KEDA keeps the APIService',
    write: expect.stringMatching(/--set apiService\.create=false .*--set keda\.enabled=true$/) as string,
  });
});

it('prints the way back to the stock adapter if the adapter has taken over its APIService', async () => {
  const results = await migrate(() => undefined);
  expect(results['hpa-reads']).toMatchObject({ status: 'ok' });
  expect(results['take-over']).toMatchObject({
    found: 'the APIService names the adapter already',
    remedy: 'The way back to the stock adapter of ACK, while that is installed:',
    write: stockCommand,
  });
  expect(textOf('docs/migrate.md')).toContain(stockCommand.replace(/^.* -p /, ''));
});

it.each([
  ['Helm', releaseOf('metrics', 'sls'), 'helm uninstall sls --namespace metrics'],
  ['kubectl', {}, 'kubectl delete -k deploy/adapter'],
])('prints how to remove an adapter that created the APIService by %s', async (_, annotations, write) => {
  const results = await migrate(({ apiServer: { apiServices } }) => {
    const labels = { 'app.kubernetes.io/name': 'sls-metrics-adapter' };
    apiServices.put(apiServiceName, apiServices.get(apiServiceName).spec, undefined, { labels, annotations });
  });
  expect(results['take-over']).toMatchObject({
    remedy: expect.stringMatching(/^The way back to another provider: remove the adapter/) as string,
    write,
  });
});

it.each([
  ['a label that the adapter does not know', matchLabels({ ...usualLabels, 'sls.ingress.colour': 'red' })],
  ['an interval of 0', matchLabels({ ...usualLabels, 'sls.query.interval': '0' })],
  ['an interval above 3600', matchLabels({ ...usualLabels, 'sls.query.interval': '3601' })],
  [
    'an operator that the stock adapter treats as =',
    {
      ...matchLabels(usualLabels),
      matchExpressions: [{ key: 'sls.query.interval', operator: 'NotIn', values: ['60'] }],
    },
  ],
])('lists an HPA that the stock adapter accepts and this one refuses: %s', async (_, selector) => {
  const results = await migrate(({ apiServer }) =>
    apiServer.hpas.put(autoscaler('shop', 'odd', [externalMetric('sls_ingress_qps', selector)])),
  );
  expect(results['hpa-reads']).toMatchObject({
    status: 'failed',
    found: expect.stringContaining('HPA shop/odd, sls_ingress_qps: stops: ') as string,
  });
});

it('has nothing to take over if there is no provider', async () => {
  const none = await migrate(({ apiServer }) => apiServer.apiServices.delete(apiServiceName));
  expect(none['provider']?.found).toMatch(/^none: /);
  expect(none['take-over']).toMatchObject({ write: expect.stringMatching(/-f values\.yaml$/) as string });
});
