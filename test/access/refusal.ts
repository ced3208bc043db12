import { expect } from 'vitest';
import { createAccessCheck, createRequestParser, type AccessPolicy } from '../../src/access/access-check.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { ownMetric } from '../../src/config/own-metrics/own-metric.ts';

export const nothing: AccessPolicy = { ownRoutesOnly: false, knownNamespaces: [], rules: [] };
export const ownOnly: AccessPolicy = { ...nothing, ownRoutesOnly: true };
const defaults = { project: 'k8s-log-c1', logstore: 'nginx-ingress' };

/** Its routes may be any text, which access must tell apart too. */
const anyRoutes = ownMetric(
  {
    name: 'any_routes',
    description: 'Lines of a route',
    unit: 'lines',
    search: '*',
    aggregate: 'count(*)',
    groupBy: 'route',
    emptyWindow: 'zero',
    labels: [],
  },
  0,
);

/** Returns the message of the refusal; undefined: the read is allowed. */
export function refusal(policy: AccessPolicy, namespace: string, selector: string): string | undefined {
  try {
    createRequestParser(createCatalog([anyRoutes]), defaults, createAccessCheck(policy))(
      anyRoutes.name,
      namespace,
      parseLabelSelector(selector),
    );
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: 'AccessDenied', httpStatus: 403, retryable: false });
    return (error as Error).message;
  }
}

export const route = (...names: string[]) => `sls.ingress.route in (${names.join(',')})`;
export const parts = (service: string, port: string, namespace?: string) =>
  `sls.ingress.service=${service},sls.ingress.port=${port}${namespace === undefined ? '' : `,sls.ingress.namespace=${namespace}`}`;
