import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectSettings } from '../../src/config/project-settings.ts';
import { configSchema } from '../../src/config/schema.ts';
import { pathText } from '../../src/config/setting-path.ts';

/** Returns one line for each fault, sorted: `path message`. */
function faultsOf(reading: unknown, projects: unknown = []): string[] {
  const { error } = configSchema.safeParse({ sls: { region: 'cn-beijing' }, reading, projects });
  return (error?.issues ?? []).map(({ path, message }) => `${pathText(path)} ${message}`).sort();
}

const delay = 'reading.delay';
const [initial, least, most] = ['initialSeconds', 'leastSeconds', 'mostSeconds'].map(
  (key) => `${delay}.${key}`,
);

describe('the bounds of the learned delay', () => {
  it('may all be equal', () => {
    expect(faultsOf({ delay: { initialSeconds: 5, leastSeconds: 5, mostSeconds: 5 } })).toEqual([]);
  });

  it.each([
    [{ leastSeconds: 11 }, [`${least} must be at most ${initial}, which is 10`]],
    [{ initialSeconds: 61 }, [`${initial} must be at most ${most}, which is 60`]],
    [{ initialSeconds: 1 }, [`${initial} must be at least ${least}, which is 2`]],
    [{ mostSeconds: 9 }, [`${most} must be at least ${initial}, which is 10`]],
    [
      { initialSeconds: 30, leastSeconds: 40, mostSeconds: 20 },
      [
        `${initial} must be at most ${most}, which is 20`,
        `${least} must be at most ${initial}, which is 30`,
        `${least} must be at most ${most}, which is 20`,
      ],
    ],
  ])('%j are refused where the user chose them', (own, faults) => {
    expect(faultsOf({ delay: own })).toEqual(faults);
  });

  it('are compared without a bound that is wrong itself', () => {
    const error = 'must be a whole number from 0 to 600';
    expect(faultsOf({ delay: { initialSeconds: -1, leastSeconds: 40, mostSeconds: 20 } })).toEqual([
      `${initial} ${error}`,
      `${least} must be at most ${most}, which is 20`,
    ]);
  });

  it('are checked for each project, and the fault is reported for the project', () => {
    const projects = [
      { project: 'a1', reading: { delay: { leastSeconds: 15 } } },
      { project: 'a2', reading: { delay: { leastSeconds: 15, initialSeconds: 20 } } },
      { project: 'a3', reading: { delay: { mostSeconds: 9, initialSeconds: 20 } } },
      { project: 'a4', reading: { delay: { mostSeconds: 9 } } },
    ];
    expect(faultsOf({}, projects)).toEqual([
      `projects[0].${least} must be at most ${initial}, which is 10`,
      `projects[2].${initial} must be at most projects[2].${most}, which is 9`,
      `projects[3].${most} must be at least ${initial}, which is 10`,
    ]);
  });

  it('are not reported for a project that inherits them', () => {
    const projects = [{ project: 'a1', reading: { refreshesIn15Seconds: 1 } }, { project: 'a2' }];
    expect(faultsOf({ delay: { mostSeconds: 9 } }, projects)).toEqual([
      `${most} must be at least ${initial}, which is 10`,
    ]);
  });
});

describe('freshness', () => {
  it('must be within maxStaleSeconds', () => {
    expect(faultsOf({ freshnessSeconds: 60 })).toEqual([]);
    expect(faultsOf({ freshnessSeconds: 0, maxStaleSeconds: 0 })).toEqual([]);
    expect(faultsOf({ maxStaleSeconds: 5 })).toEqual([
      'reading.maxStaleSeconds must be at least reading.freshnessSeconds, which is 10',
    ]);
    expect(faultsOf({ freshnessSeconds: 30, maxStaleSeconds: 29 })).toEqual([
      'reading.freshnessSeconds must be at most reading.maxStaleSeconds, which is 29',
    ]);
    expect(faultsOf({ maxStaleSeconds: 20 }, [{ project: 'a1', reading: { freshnessSeconds: 21 } }])).toEqual(
      ['projects[0].reading.freshnessSeconds must be at most reading.maxStaleSeconds, which is 20'],
    );
  });
});

const few = fc.integer({ min: 0, max: 12 });
const someReading = fc.record(
  {
    freshnessSeconds: few,
    maxStaleSeconds: few,
    delay: fc.record({ initialSeconds: few, leastSeconds: few, mostSeconds: few }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);
type SomeReading = typeof someReading extends fc.Arbitrary<infer T> ? T : never;

/** Tells if `parts`, with later ones overriding earlier ones, obey all rules. */
function isInOrder(...parts: readonly SomeReading[]): boolean {
  const all = Object.assign({ freshnessSeconds: 10, maxStaleSeconds: 60 }, ...parts) as Required<SomeReading>;
  const delays = parts.map((part) => part.delay ?? {});
  const delay = Object.assign(
    { initialSeconds: 10, leastSeconds: 2, mostSeconds: 60 },
    ...delays,
  ) as Required<Required<SomeReading>['delay']>;
  const inOrder = delay.leastSeconds <= delay.initialSeconds && delay.initialSeconds <= delay.mostSeconds;
  return inOrder && all.freshnessSeconds <= all.maxStaleSeconds;
}

it('a configuration is accepted exactly if the numbers of each project are in order', () => {
  const outcomes = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(someReading, fc.array(someReading, { maxLength: 2 }), (reading, own) => {
      const projects = own.map((override, index) => ({ project: `p${index}`, reading: override }));
      const parsed = configSchema.safeParse({ sls: { region: 'cn-beijing' }, reading, projects });
      expect(parsed.success).toBe(
        isInOrder(reading) && own.every((override) => isInOrder(reading, override)),
      );
      outcomes[parsed.success ? 'taken' : 'refused'] += 1;
      if (!parsed.success) return;
      const settingsOf = projectSettings(parsed.data);
      for (const { project, reading: override } of projects)
        expect(settingsOf(project).reading).toMatchObject({ ...override });
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(outcomes.taken, outcomes.refused)).toBeGreaterThan(100);
});

describe('an entry of projects', () => {
  it('must not follow an entry that matches all of its projects', () => {
    const projects = ['k8s-log-c1', 'k8s-*', 'k8s-log-*', 'k8s-log-c1', 'prod', '*', '**'].map((project) => ({
      project,
    }));
    const after = (index: number) =>
      `must come before projects[${index}], which matches all of its projects: the first match counts`;
    expect(faultsOf({}, projects)).toEqual([
      `projects[2].project ${after(1)}`,
      `projects[3].project ${after(0)}`,
      `projects[6].project ${after(5)}`,
    ]);
  });
});
