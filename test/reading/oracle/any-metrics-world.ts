import fc from 'fast-check';
import type { LineFilters } from '../../../src/metric/line-filters.ts';
import { anyWorld } from './any-world.ts';
import { hosts, lineStyles } from './line-styles.ts';
import type { World } from './world.ts';

const [host = ''] = hosts;

const someFilters = fc.constantFrom<LineFilters[]>(
  { status: '5xx' },
  { status: '2xx' },
  { status: '404' },
  { status: '299' },
  { host },
  { method: 'POST' },
  { host, status: '5xx' },
  { host: 'c.example.com' },
);

const anyFilters = fc.oneof(fc.constant<LineFilters>({}), someFilters);

/** A world whose lines are of several forms, and whose readings have filters. */
export const anyMetricsWorld: fc.Arbitrary<World> = fc
  .record({
    world: anyWorld,
    styles: fc.array(fc.constantFrom(...lineStyles), { minLength: 1, maxLength: 3 }),
    filters: fc.array(anyFilters, { minLength: 1, maxLength: 2 }),
  })
  .map(({ world, styles, filters }) => ({
    ...world,
    traffic: world.traffic.map((traffic, n) => ({ ...traffic, style: styles[n % styles.length] ?? 'plain' })),
    sets: world.sets.map((set) => ({
      ...set,
      asked: set.asked.map((asked, n) => ({ ...asked, filters: filters[n % filters.length] ?? {} })),
    })),
  }));
