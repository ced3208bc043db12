import { expect, it } from 'vitest';
import { only } from '../../support/manifests.ts';
import { chartDirectory, renderChart } from '../support/helm.ts';

const labelsWith = async (rrsa: object) => {
  const objects = await renderChart({
    chart: chartDirectory('sls-metrics-adapter'),
    values: { config: { sls: { region: 'cn-beijing' } }, credentials: { source: 'rrsa', rrsa } },
  });
  const deployment = only<{ spec: { template: { metadata: { labels: object } } } }>(objects, 'Deployment');
  return deployment.spec.template.metadata.labels;
};

it('pods with a RAM role by RRSA have the label by which its webhook finds them', async () => {
  const label = ['pod-identity.alibabacloud.com/injection'];
  expect(await labelsWith({ roleName: 'reader' })).toHaveProperty(label, 'on');
  const arn = 'acs:ram::1:role/reader';
  expect(
    await labelsWith({ roleArn: arn, oidcProviderArn: 'acs:ram::1:oidc-provider/ack-rrsa-c1' }),
  ).not.toHaveProperty(label);
});
