import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { countSeconds, type SecondCountQuery } from '../../src/sls/second-counts.ts';
import { TestClock } from '../support/test-clock.ts';
import { alive, createClient, logstore, project, startSls } from './sls-client.ts';

const clock = new TestClock();
const { client, events } = createClient();
let sls: Emulator;

beforeAll(async () => {
  sls = await startSls({ clock });
});
afterEach(() => sls.setFaults({}));
afterAll(async () => {
  client.close();
  await sls.stop();
});

const queryOf = (startSeconds: number, endSeconds: number): SecondCountQuery => ({
  endpoint: parseEndpointUrl(sls.url),
  project,
  logstore,
  window: { startSeconds, endSeconds },
  plannedAtSeconds: clock.nowSeconds,
});

describe('a count of lines per second', () => {
  it('equals a direct count for any route, and contains nothing outside the window', async () => {
    let nextSeconds = clock.nowSeconds - 3000;
    const anyCounts = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 150 });
    const routes = ['default-a-80', '', '-', undefined];
    await fc.assert(
      fc.asyncProperty(anyCounts, async (counts) => {
        const firstSeconds = nextSeconds;
        nextSeconds += counts.length;
        const records = counts.flatMap((lines, index) =>
          Array.from({ length: lines }, (_, n) => {
            const route = routes[n % routes.length];
            const fields = route === undefined ? {} : { proxy_upstream_name: route };
            return { timeSeconds: firstSeconds + index, fields };
          }),
        );
        await sls.sink(project, logstore).append(records);
        const inside = counts
          .map((lines, index) => [firstSeconds + index, lines] as const)
          .slice(1, -1)
          .filter(([, lines]) => lines > 0);
        const found = await countSeconds(client, queryOf(firstSeconds + 1, nextSeconds - 1), alive());
        expect(found).toMatchObject({ lines: new Map(inside), allLines: undefined });
        const routed = await countSeconds(
          client,
          { ...queryOf(firstSeconds + 1, nextSeconds - 1), routeColumn: 'proxy_upstream_name' },
          alive(),
        );
        // Every fourth line of a second has no route.
        const withRoute = inside.map(([second, lines]) => [second, lines - Math.floor(lines / 4)] as const);
        expect(routed).toMatchObject({ lines: new Map(withRoute), allLines: new Map(inside) });
      }),
      { numRuns: 15 },
    );
  });

  it('takes one query', async () => {
    const before = sls.stats().sql;
    await countSeconds(client, queryOf(clock.nowSeconds - 200, clock.nowSeconds - 2), alive());
    expect(sls.stats().sql).toBe(before + 1);
    expect(events.at(-1)).toMatchObject({ outcome: 'ok' });
  });

  it('fails if the clock differs from that of SLS', async () => {
    const query = queryOf(clock.nowSeconds - 20, clock.nowSeconds - 2);
    for (const dateShiftMs of [-3000, 60_000]) {
      sls.setFaults({ dateShiftMs });
      await expect(countSeconds(client, query, alive())).rejects.toMatchObject({ code: 'ClockSkewed' });
    }
  });

  it('fails if the result is incomplete', async () => {
    sls.setFaults({ incomplete: true });
    const querying = countSeconds(client, queryOf(clock.nowSeconds - 20, clock.nowSeconds - 2), alive());
    await expect(querying).rejects.toMatchObject({ code: 'SlsIncomplete' });
  });
});
