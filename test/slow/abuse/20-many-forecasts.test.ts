import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { linesAlias, minuteAlias, routeAlias } from '../../../src/sls/query-text.ts';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startScenario } from './support/scenario.ts';
import { honestRoute, sendRows } from './support/scripted-sls.ts';
import { expectUnharmed } from './support/unharmed.ts';

const metric = 'sls_ingress_qps_forecast';
/** Few, so that all are taken within ten seconds and their memory is no sign of harm. */
const maxForecasts = 100;
const config = `reading: { maxForecasts: ${maxForecasts} }`;
const namespaces = 20;
/** Ten more than a namespace may have. */
const histories = 60;
const routesOfRead = 300;
const linesAMinute = 600;

/** Returns one row for each minute and route of a query by the minute, as many as it asks for. */
function minuteRows(query: string): Record<string, string>[] {
  const [, from = 0, to = 0] = (/__time__ >= (\d+) AND __time__ < (\d+)/.exec(query) ?? []).map(Number);
  const [, named = ''] = / IN \(('[^)]*')\) THEN/.exec(query) ?? [];
  const routes = [...named.matchAll(/'([^']*)'/g)].map(([, route = '']) => route);
  const minutes = Array.from({ length: (to - from) / 60 }, (_, index) => from + index * 60);
  return minutes.flatMap((minute) =>
    routes.map((route) => ({
      ...{ [minuteAlias]: `${minute}`, [routeAlias]: route },
      ...{ requests: `${linesAMinute}`, [linesAlias]: `${linesAMinute}` },
    })),
  );
}

/**
 * HPAs of 20 namespaces name forecasts without end: of 300 routes each, in 60 histories, with any time ahead and quantile. SLS
 * answers each query of a history with as many rows as fit.
 *
 * @attacks reading/history/counted-routes.ts routes
 * @attacks reading/history/forecasts.ts forecasts #groups
 * @attacks reading/history/logstore-history.ts #gathered
 * @attacks runtime/shares.ts #held
 */
describe('abuse: tenants that name thousands of forecasts', () => {
  it('leave the readings and forecasts of others, and room for a newcomer', async () => {
    await using scenario = await startScenario({
      config,
      prepare: ({ sls }) => {
        sls.reply = ({ query }, response) => {
          if (!query.includes(minuteAlias)) return false;
          sendRows(response, minuteRows(query));
          return true;
        };
      },
    });
    const { frontProxy, attackers } = scenario;
    const read = async (namespace: string, selector: string) => {
      const answer = await frontProxy.get(readPath(metric, selector, namespace)).catch(() => undefined);
      if (answer === undefined) return 'no answer';
      const { status, body } = answer;
      return status === 200 ? 'read' : `${status} ${body.toString('latin1')}`;
    };
    const labels = { 'sls.project': project, 'sls.logstore': logstore };
    const selector = selectorOf({ ...labels, 'sls.ingress.route': honestRoute });
    await waitFor(async () => (await read('honest', selector)) === 'read', 'the honest forecast');
    const others = [...Array(routesOfRead).keys()].map((route) => `tenant-web-${route}`).join();
    const refusals = new Set<string>();
    const honest: string[] = [];
    const late: string[] = [];
    const harm = await scenario.attack(async () => {
      for (let one = 0; one < histories; one += 1) {
        const ofOne = {
          ...labels,
          'sls.ingress.route': 'tenant-web-80',
          'sls.ingress.status': `${200 + one}`,
        };
        refusals.add(await read('tenant', selectorOf(ofOne)));
      }
      const attack = attackers.repeat({ count: 300, concurrency: 4, maxMs: 8000 }, async (index) => {
        const ahead = 60 * (1 + (index % 15));
        const terms = `sls.forecast.ahead=${ahead},sls.forecast.quantile=0.${50 + (index % 49)}`;
        const many = `${selectorOf(labels)},${terms},sls.ingress.route in (${others})`;
        refusals.add((await read(`tenant-${index % namespaces}`, many)).slice(0, 500));
      });
      for (let second = 0; second < 8; second += 1) {
        honest.push(await read('honest', selector));
        if (second > 3)
          late.push(await read('late', selectorOf({ ...labels, 'sls.ingress.route': 'late-web-80' })));
        await sleep(1000);
      }
      await attack;
    });
    expectUnharmed(harm);
    expect([...new Set(honest)]).toEqual(['read']);
    expect(late.join()).not.toContain('LimitExceeded');
    expect([...refusals].join()).toContain('reading.maxForecasts');
    expect([...refusals].join()).toContain('at most 50');
  });
});
