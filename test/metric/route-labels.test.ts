import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../src/metric/catalog.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { parseMetricRequest } from '../../src/metric/metric-request.ts';
import { routeLabels } from '../../src/metric/route-labels.ts';

/** The routes that a read with these labels asks for, in a namespace that has nothing to do with it. */
function routesRead(labels: Readonly<Record<string, string>>) {
  const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const requirements = parseLabelSelector(selector.join(','));
  const defaults = { project: 'p1', logstore: 'l1' };
  return parseMetricRequest('sls_ingress_qps', 'other', requirements, defaults, createCatalog()).routes;
}

const service = 's'.repeat(60);
const long = `team-b-${service}-8501`;

describe('routeLabels', () => {
  it('names a route that is a label value as a whole, whatever is known', () => {
    expect(routeLabels('shop-web-80', [])).toEqual({ 'sls.ingress.route': 'shop-web-80' });
    expect(routeLabels('upstream-default-backend', ['upstream'])).toEqual({
      'sls.ingress.route': 'upstream-default-backend',
    });
  });

  it('names a longer one by its parts, which read it again', () => {
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
  ])('reads one again with %s', (_, route) => {
    expect(routesRead(routeLabels(route, ['shop']) ?? {})).toEqual([route]);
  });

  it.each([
    ['nothing is known of its namespace', long, []],
    ['another is known', long, ['shop', 'tea']],
    ['two namespaces may have it', long, ['team', 'team-b']],
    ['no part of it fits a label', `shop-${'s'.repeat(70)}80`, ['shop']],
    ['it is of the characters of no label', `shop-${service}_-80`, ['shop']],
    ['it is nothing', '', ['shop']],
  ])('gives up where %s', (_, route, namespaces) => {
    expect(routeLabels(route, namespaces)).toBeUndefined();
  });

  it('counts a namespace once', () => {
    expect(routeLabels(long, ['team-b', 'team-b'])).toBeDefined();
  });
});
