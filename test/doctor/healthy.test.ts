import { describe, expect, it } from 'vitest';
import { autoscaler, externalMetric } from '../support/scripted-autoscalers.ts';
import {
  createPatient,
  indexWithout,
  matchLabels,
  nowSeconds,
  unwell,
  usualLabels,
  usualLines,
  where,
} from './patient.ts';

describe('doctor', () => {
  it('finds nothing wrong with what is well, in the pod', async () => {
    await using patient = await createPatient();
    const results = await patient.examine();
    expect(unwell(results)).toEqual([]);
    // Lines that are too few to tell how late they come are no fault.
    const skipped = results.filter(({ status, check }) => status === 'skipped' && check !== 'lag');
    expect(skipped).toEqual([]);
    expect(Object.fromEntries(results.map(({ check, found }) => [check, found]))).toMatchObject({
      target: 'sls_ingress_qps of project k8s-log-test, logstore nginx-ingress, as HPA shop/web has it',
      'hpa-reader': 'kube-system/horizontal-pod-autoscaler may',
      'ca-bundle': 'sls-metrics-adapter.sls-metrics-adapter.svc serves a certificate that it trusts',
      route: expect.stringMatching(/^shop-web-80: \d+ requests within the hour$/) as string,
      reading: expect.stringMatching(/^shop-web-80: \S+ requests\/s, up to \d+ s ago$/) as string,
    });
  });

  it("asks SLS about each metric of the user's own that says where its log is", async () => {
    await using patient = await createPatient();
    const metric = (name: string, more: string) =>
      `- { name: ${name}, description: d, unit: ms, emptyWindow: zero, aggregate: max(request_time)${more} }`;
    const placed = `, project: ${usualLabels['sls.project']}, logstore: ${usualLabels['sls.logstore']}`;
    patient.file = `metrics:\n${metric('web_time', placed)}\n${metric('app_time', '')}\n`;
    const results = await patient.examine();
    expect(unwell(results)).toEqual([]);
    expect(results.find(({ check }) => check === 'own-metrics')?.found).toBe(
      '1 of 2 taken; without a project or logstore: app_time',
    );
  });

  it('asks about the ServiceAccount of the adapter, from a machine with a kubeconfig', async () => {
    await using patient = await createPatient();
    patient.flags = { kubeconfig: await patient.apiServer.kubeconfigFile() };
    patient.asked = { serviceAccount: 'metrics/reader' };
    const asked: string[] = [];
    patient.denied = ({ user }) => {
      asked.push(user.username);
      return false;
    };
    expect(unwell(await patient.examine())).toEqual([]);
    const accounts = ['metrics:reader', 'kube-system:horizontal-pod-autoscaler'];
    expect(new Set(asked)).toEqual(new Set(accounts.map((name) => `system:serviceaccount:${name}`)));
    expect(patient.apiServer.count('selfsubjectaccessreview')).toBe(0);
  });

  it('skips what its own rights do not let it see', async () => {
    await using patient = await createPatient();
    patient.flags = { kubeconfig: await patient.apiServer.kubeconfigFile() };
    patient.asked = { selector: where };
    const forbidden = {
      kind: 'status',
      code: 403,
      reason: 'Forbidden',
      message: 'User "dev" cannot do that',
    } as const;
    for (const endpoint of ['subjectaccessreview', 'hpa.list', 'apiservice.get'] as const)
      patient.apiServer.fail(endpoint, forbidden);
    const results = await patient.examine();
    expect(unwell(results)).toEqual([]);
    const skipped = results.filter(({ found }) => found.includes('User "dev" cannot do that'));
    expect(skipped.map(({ check, status }) => [check, status])).toEqual(
      ['hpas', 'apiservice', 'auth-delegator', 'auth-reader', 'hpa-watch'].map((check) => [check, 'skipped']),
    );
  });

  it('looks into the logstore that most HPAs name, and all their routes', async () => {
    await using patient = await createPatient();
    const named = (name: string, labels: Readonly<Record<string, string>>) =>
      patient.apiServer.hpas.put(
        autoscaler('shop', name, [externalMetric('sls_ingress_qps', matchLabels(labels))]),
      );
    named('aaa', { ...usualLabels, 'sls.project': 'k8s-log-other' });
    named('api', { ...usualLabels, 'sls.ingress.route': 'shop-api-80' });
    const results = await patient.examine();
    expect(results.find(({ check }) => check === 'target')?.found).toMatch(
      /logstore nginx-ingress, as HPA shop\/\w+ has it; HPAs name 1 other logstores, --selector chooses$/,
    );
    expect(results.find(({ check }) => check === 'route')).toMatchObject({
      status: 'warn',
      found: expect.stringContaining(
        'not seen within the hour: shop-api-80 (nearest: shop-web-80)',
      ) as string,
    });
  });

  it('asks for a selector where nothing names a logstore', async () => {
    await using patient = await createPatient();
    patient.apiServer.hpas.delete('web', 'shop');
    const results = await patient.examine();
    expect(unwell(results)).toEqual([]);
    expect(patient.apiServer.requests.map(({ body }) => JSON.stringify(body)).join()).toContain(
      '"resource":"sls_ingress_qps"',
    );
    expect(results.find(({ check }) => check === 'target')).toMatchObject({
      status: 'skipped',
      write: expect.stringContaining('--selector sls.project=k8s-log-CLUSTER_ID') as string,
    });
    expect(results.find(({ check }) => check === 'reading')?.waitsFor).toEqual(['target']);
  });

  it('does without the column of canaries', async () => {
    await using patient = await createPatient();
    const index = indexWithout('proxy_alternative_upstream_name');
    const logstores = [{ project: 'k8s-log-test', logstore: 'nginx-ingress', index }];
    await patient.replaceSls({ logstores }, usualLines(nowSeconds()));
    expect(unwell(await patient.examine())).toEqual([]);
  });
});
