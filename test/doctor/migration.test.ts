import { afterEach, expect, it } from 'vitest';
import { autoscaler, externalMetric } from '../support/scripted-autoscalers.ts';
import { createHealthySetup, matchLabels, type HealthySetup } from './healthy-setup.ts';

const stock = { name: 'alibaba-cloud-metrics-adapter', namespace: 'kube-system' };
const keda = { name: 'keda-operator-metrics-apiserver', namespace: 'keda' };

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
  expect(results['take-over']).toMatchObject({
    status: 'ok',
    found: 'KEDA keeps the APIService',
    write: expect.stringMatching(/--set apiService\.create=false .*--set keda\.enabled=true$/) as string,
  });
});

it('has nothing to take over if the adapter serves already, or if there is no provider', async () => {
  const own = await migrate(() => undefined);
  expect(own['hpa-reads']).toMatchObject({ status: 'ok' });
  expect(own['take-over']?.found).toBe('the APIService names the adapter already');
  await setup?.[Symbol.asyncDispose]();
  const none = await migrate(({ apiServer }) =>
    apiServer.apiServices.delete('v1beta1.external.metrics.k8s.io'),
  );
  expect(none['provider']?.found).toMatch(/^none: /);
  expect(none['take-over']).toMatchObject({ write: expect.stringMatching(/-f values\.yaml$/) as string });
});
