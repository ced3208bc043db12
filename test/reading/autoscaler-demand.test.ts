import { beforeEach, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { createAccessCheck } from '../../src/access/access-check.ts';
import { createRequestParser } from '../../src/access/request-parser.ts';
import type { ExternalMetricRef } from '../../src/metric/external-metric-ref.ts';
import { AutoscalerDemand } from '../../src/reading/autoscaler-demand.ts';
import { WantedSeries } from '../../src/reading/wanted-series.ts';
import { builtIn } from '../support/catalog.ts';

const hpa = { namespace: 'default', name: 'bert' };
const logstore = { project: 'p1', logstore: 'nginx-ingress' };

let wanted: WantedSeries;
let refused: { metric: string; code: string }[];
let demand: AutoscalerDemand;

beforeEach(() => {
  wanted = new WantedSeries(100);
  refused = [];
  demand = demandWith(false);
});

function demandWith(ownRoutesOnly: boolean): AutoscalerDemand {
  const checkAccess = createAccessCheck({ ownRoutesOnly, knownNamespaces: [], rules: [] });
  return new AutoscalerDemand(wanted, createRequestParser(builtIn, logstore, checkAccess), {
    autoscalerMetricRefused: ({ metric, error, ...autoscaler }) => {
      expect(autoscaler).toEqual(hpa);
      refused.push({ metric, code: error.code });
    },
  });
}

const metric = (label: string, value: string, name = 'sls_ingress_qps'): ExternalMetricRef => ({
  name,
  requirements: [{ key: label, operator: '=', values: [value] }],
});
const routes = () => wanted.take(logstore, 0).map(({ route }) => route);

it('keeps the series that an autoscaler names wanted until it names others or is deleted', () => {
  demand.changed(hpa, [
    metric('sls.ingress.route', 'default-a-80'),
    metric('sls.ingress.route', 'default-b-80'),
  ]);
  expect(routes()).toEqual(['default-a-80', 'default-b-80']);
  demand.changed(hpa, [metric('sls.ingress.route', 'default-b-80')]);
  expect(routes()).toEqual(['default-b-80']);
  demand.changed(hpa, []);
  expect(routes()).toEqual([]);
  expect(refused).toEqual([]);
});

it('wants the metrics that can be served and reports those that will be refused', () => {
  const refusal = new AdapterError('SelectorMalformed', 'operator Near');
  demand.changed(hpa, [
    metric('sls.ingress.route', 'default-a-80'),
    metric('sls.ingress.rout', 'default-b-80'),
    metric('sls.ingress.route', 'default-c-80', 'no_such_metric'),
    { name: 'sls_ingress_qps', refusal },
  ]);
  expect(routes()).toEqual(['default-a-80']);
  expect(refused).toEqual([
    { metric: 'sls_ingress_qps', code: 'LabelUnknown' },
    { metric: 'no_such_metric', code: 'MetricUnknown' },
    { metric: 'sls_ingress_qps', code: 'SelectorMalformed' },
  ]);
});

it('builds routes from service and port with the namespace of the autoscaler', () => {
  const requirements = [
    { key: 'sls.ingress.service', operator: '=', values: ['bert'] },
    { key: 'sls.ingress.port', operator: '=', values: ['8501'] },
  ] as const;
  demand.changed({ ...hpa, namespace: 'ml' }, [{ name: 'sls_ingress_qps', requirements }]);
  expect(routes()).toEqual(['ml-bert-8501']);
});

it('does not want what the namespace of the autoscaler may not read, and reports it', () => {
  demand = demandWith(true);
  const both = { key: 'sls.ingress.route', operator: 'in', values: ['default-b-80', 'shop-b-80'] } as const;
  demand.changed(hpa, [
    metric('sls.ingress.route', 'default-a-80'),
    metric('sls.ingress.route', 'shop-a-80'),
    { name: 'sls_ingress_qps', requirements: [both] },
    { name: 'sls_ingress_qps', requirements: [] },
  ]);
  expect(routes()).toEqual(['default-a-80']);
  expect(refused).toEqual(
    Array.from({ length: 3 }, () => ({ metric: 'sls_ingress_qps', code: 'AccessDenied' })),
  );
});
