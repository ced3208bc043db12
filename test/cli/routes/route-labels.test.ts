import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../../src/metric/catalog.ts';
import { parseLabelSelector } from '../../../src/grammar/label-selector.ts';
import { parseMetricRequest } from '../../../src/metric/metric-request.ts';
import { routeLabels } from '../../../src/cli/routes/route-labels.ts';

/** Returns the routes that a read with these labels asks for, in an unrelated namespace. */
function routesRead(labels: Readonly<Record<string, string>>) {
  const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const requirements = parseLabelSelector(selector.join(','));
  const defaults = { project: 'p1', logstore: 'l1' };
  return parseMetricRequest('sls_ingress_qps', 'other', requirements, defaults, createCatalog()).routes;
}

const service = 's'.repeat(60);
const long = `team-b-${service}-8501`;

describe('routeLabels', () => {
  it('names a route whole if it fits into a label value', () => {
    expect(routeLabels('shop-web-80', [])).toEqual({ 'sls.ingress.route': 'shop-web-80' });
    expect(routeLabels('upstream-default-backend', ['upstream'])).toEqual({
      'sls.ingress.route': 'upstream-default-backend',
    });
  });

  it('names a longer route by its parts, which parse to the same route', () => {
    const labels = routeLabels(long, ['shop', 'team-b']);
    expect(labels).toEqual({
      'sls.ingress.namespace': 'team-b',
      'sls.ingress.service': service,
      'sls.ingress.port': '8501',
    });
    expect(routesRead(labels ?? {})).toEqual([long]);
  });

  it.each([
    ['a named port', `shop-${service}-http`],
    ['a port with a hyphen', `shop-${service}-grpc-web`],
    ['a service that fills its label', `shop-${'a'.repeat(31)}-${'b'.repeat(31)}-80`],
  ])('names parts that parse to the same route with %s', (_, route) => {
    expect(routesRead(routeLabels(route, ['shop']) ?? {})).toEqual([route]);
  });

  it.each([
    ['no namespace is known', long, []],
    ['only another namespace is known', long, ['shop', 'tea']],
    ['it may belong to two namespaces', long, ['team', 'team-b']],
    ['a part of it is longer than a label value', `shop-${'s'.repeat(70)}80`, ['shop']],
    ['it has characters that no label allows', `shop-${service}_-80`, ['shop']],
    ['the route is empty', '', ['shop']],
  ])('returns undefined if %s', (_, route, namespaces) => {
    expect(routeLabels(route, namespaces)).toBeUndefined();
  });

  it('ignores a namespace that is listed twice', () => {
    expect(routeLabels(long, ['team-b', 'team-b'])).toBeDefined();
  });
});
