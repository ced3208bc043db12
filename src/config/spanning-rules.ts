import { patternCovers } from '../access/text-pattern.ts';
import { readingSection } from './reading-section.ts';
import { pathText, valueAt, type SettingPath } from './setting-path.ts';

export interface SpanningFault {
  readonly path: SettingPath;
  readonly message: string;
}

/**
 * Pairs of `reading` of which the first may not be the greater. Readings that are fresh are served whatever SLS
 * does, so `maxStaleSeconds` is the age that nothing served exceeds only while freshness is within it.
 */
const ascending: readonly (readonly [SettingPath, SettingPath])[] = [
  [
    ['delay', 'leastSeconds'],
    ['delay', 'initialSeconds'],
  ],
  [
    ['delay', 'initialSeconds'],
    ['delay', 'mostSeconds'],
  ],
  [
    ['delay', 'leastSeconds'],
    ['delay', 'mostSeconds'],
  ],
  [['freshnessSeconds'], ['maxStaleSeconds']],
];

const defaults = readingSection.parse({});

/** A number, where it stands, and whether that place was chosen by whoever is told of the fault. */
interface Placed {
  readonly path: SettingPath;
  readonly value: number;
  readonly chosen: boolean;
}

/**
 * Numbers in the wrong order, in `reading` and in what each project makes of it. The fault is that of the setting
 * that was chosen, the lesser one where both were.
 *
 * @param config as the schema leaves it, which may have anything where a fault was found already
 * @param isWrong whether a setting has a fault already, so that nothing can be said of it
 */
export function orderFaults(config: unknown, isWrong: (path: SettingPath) => boolean): SpanningFault[] {
  const numberAt = (path: SettingPath): number | undefined => {
    const value = valueAt(config, path);
    return typeof value === 'number' && !isWrong(path) ? value : undefined;
  };
  const ofAll = (key: SettingPath): Placed | undefined => {
    const path = ['reading', ...key];
    const value = numberAt(path);
    return value === undefined ? undefined : { path, value, chosen: value !== valueAt(defaults, key) };
  };
  const ofProject = (index: number) => (key: SettingPath) => {
    const path = ['projects', index, 'reading', ...key];
    if (valueAt(config, path) === undefined) {
      const inherited = ofAll(key);
      return inherited && { ...inherited, chosen: false };
    }
    const value = numberAt(path);
    return value === undefined ? undefined : { path, value, chosen: true };
  };
  return [ofAll, ...projectsOf(config).map((_, index) => ofProject(index))].flatMap((placeOf) =>
    ascending.flatMap(([lesser, greater]) => pairFault(placeOf(lesser), placeOf(greater))),
  );
}

function pairFault(lesser: Placed | undefined, greater: Placed | undefined): SpanningFault[] {
  if (lesser === undefined || greater === undefined || lesser.value <= greater.value) return [];
  const named = ({ path, value }: Placed) => `${pathText(path)}, which is ${value}`;
  if (lesser.chosen) return [{ path: lesser.path, message: `must be at most ${named(greater)}` }];
  // A project that chose neither: the fault is told of `reading` itself.
  if (!greater.chosen) return [];
  return [{ path: greater.path, message: `must be at least ${named(lesser)}` }];
}

/** Entries of `projects` that none could ever get to. */
export function coveredFaults(config: unknown): SpanningFault[] {
  const patterns = projectsOf(config).map((entry) => valueAt(entry, ['project']));
  return patterns.flatMap((pattern, index) => {
    if (typeof pattern !== 'string') return [];
    const first = patterns
      .slice(0, index)
      .findIndex((earlier) => typeof earlier === 'string' && patternCovers(earlier, pattern));
    if (first < 0) return [];
    const message = `must come before projects[${first}], which takes all of these: the first that matches counts`;
    return [{ path: ['projects', index, 'project'], message }];
  });
}

/** Entries of `projects` whose own network is that of no region: an endpoint of all would be what counts. */
export function placeFaults(config: unknown): SpanningFault[] {
  if (valueAt(config, ['sls', 'region']) !== undefined) return [];
  return projectsOf(config).flatMap((entry, index) => {
    const own = (key: string) => valueAt(entry, ['sls', key]);
    if (own('network') === undefined || own('region') !== undefined || own('endpoint') !== undefined)
      return [];
    const path = ['projects', index, 'sls', 'region'];
    return [{ path, message: 'must be given, for the network is that of a region' }];
  });
}

function projectsOf(config: unknown): readonly unknown[] {
  const projects = valueAt(config, ['projects']);
  return Array.isArray(projects) ? projects : [];
}
