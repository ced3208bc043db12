import { create } from '@bufbuild/protobuf';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ScaledObjectRefSchema } from '../../../src/keda/externalscaler_pb.ts';
import { parseTrigger } from '../../../src/keda/trigger.ts';
import { parserWith } from '../../keda/keda-harness.ts';
import { project, startRoutesLog } from './routes-log.ts';

const { routes, stop } = await startRoutesLog();
afterAll(stop);

interface Printed {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: { readonly triggers: readonly { readonly metadata: Readonly<Record<string, string>> }[] };
}

/** Returns what the external scaler reads for the only trigger. */
function triggerOf({ metadata, spec }: Printed) {
  const { name, namespace = 'default' } = metadata;
  const scalerMetadata = spec.triggers[0]?.metadata ?? {};
  return parseTrigger(create(ScaledObjectRefSchema, { name, namespace, scalerMetadata }), parserWith());
}

it('routes --scaled-object prints what --hpa prints, as a ScaledObject of the external scaler', async () => {
  const flags = ['--namespace', 'default', '--max', '10'];
  const { code, stdout } = await routes('nginx-ingress', '--scaled-object', 'web', ...flags);
  expect(code).toBe(0);
  const printed = parse(stdout) as Printed;
  expect(printed).toMatchObject({
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicaCount: 1,
      maxReplicaCount: 10,
      advanced: {
        horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 300 } } },
      },
      triggers: [
        {
          type: 'external',
          metricType: 'AverageValue',
          metadata: { 'sls.project': project, 'sls.ingress.route': 'default-web-80', target: '630m' },
          authenticationRef: { kind: 'ClusterTriggerAuthentication', name: 'sls-metrics-adapter' },
        },
      ],
    },
  });
  expect(triggerOf(printed)).toMatchObject({ target: 0.63, request: { routes: ['default-web-80'] } });
});

it('routes --scaled-object names several routes in one trigger', async () => {
  const flags = ['--route', 'shop-web-80', '--route', 'default-web-80'];
  const { stdout } = await routes('nginx-ingress', '--scaled-object', 'web', ...flags);
  expect(triggerOf(parse(stdout) as Printed).request.routes).toEqual(['default-web-80', 'shop-web-80']);
});
