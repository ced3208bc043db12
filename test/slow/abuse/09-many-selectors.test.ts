import { describe, expect, it } from 'vitest';
import { logstore, project, readPath } from '../../support/adapter.ts';
import { mayRead, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

/** So that a few reads take the share of a namespace. */
const config = 'reading: { perNamespace: { maxSeries: 1000 } }';
const maxMs = 6000;

/** Returns the path of a read that no other has. It is short enough to be kept. */
function pathOf(name: string, labels: Readonly<Record<string, readonly string[]>>): string {
  const where = { 'sls.project': [project], 'sls.logstore': [logstore] };
  const terms = Object.entries({ ...where, ...labels }).map(
    ([label, values]) => `${label} in (${values.join()})`,
  );
  const selector = encodeURIComponent(terms.join()).replaceAll('%2C', ',');
  return `${readPath('sls_ingress_qps', '', 'a')}${selector}&name=${encodeURIComponent(name)}`;
}

const numbered = (count: number, name: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => name(index));

/**
 * A user reads many selectors, each a long one: 1,500 that have answers, and then 20,000 that are refused, because they are
 * more than the share of a namespace.
 *
 * @attacks api/read/external-metrics.ts
 * @attacks metric/metric-request.ts
 */
describe('abuse: a user who reads 20,000 different selectors', () => {
  it('fills no memory', async () => {
    await using scenario = await startScenario({ config, prepare: mayRead('alice') });
    const { attackers } = scenario;
    const statuses = new Set<number | undefined>();
    const harm = await scenario.attack(async () => {
      const reader = await scenario.readerFor('alice');
      const read = async (path: string) => statuses.add(await reader(path));
      await attackers.repeat({ count: 1500, concurrency: 60, maxMs }, (index) =>
        read(
          pathOf(`answered ${index}`, {
            'sls.ingress.route': numbered(20, (route) => `a-${index % 40}-${route}-80`),
          }),
        ),
      );
      await attackers.repeat({ count: 20_000, concurrency: 60, maxMs }, (index) =>
        read(
          pathOf(`refused ${index}`, {
            'sls.ingress.route': ['a-b-80'],
            'sls.query.interval': ['7'],
            'sls.ingress.host': numbered(12, (host) => `h${host}-${index}.${'x'.repeat(40)}.example`),
          }),
        ),
      );
    });
    expectUnharmed(harm);
    expect(statuses).toEqual(new Set([200, 429]));
  });
});
