import { projectMatcher } from './project-pattern.ts';
import type { Config } from './schema.ts';

/** What may differ by project. */
export interface ProjectSettings {
  readonly reading: Omit<Config['reading'], 'maxSeries'>;
  readonly sls: Pick<Config['sls'], 'maxConcurrentQueries' | 'breaker'>;
}

type Override<T> = { readonly [K in keyof T]?: (T[K] extends object ? Override<T[K]> : T[K]) | undefined };

/**
 * The settings of each project: those of the first entry of `projects` that matches, over those of all. Entries are
 * merged once, here; what is asked for later is one of those objects, so nothing is kept by project name, which
 * comes from whoever asks.
 */
export function projectSettings({ reading, sls, projects }: Config): (project: string) => ProjectSettings {
  const { maxConcurrentQueries, breaker } = sls;
  const ofAll: ProjectSettings = { reading, sls: { maxConcurrentQueries, breaker } };
  const entries = projects.map(({ project, ...override }) => ({
    matches: projectMatcher(project),
    settings: overlay(ofAll, override),
  }));
  return (project) => entries.find(({ matches }) => matches(project))?.settings ?? ofAll;
}

/** `base` with what `override` has in its place, section by section. */
function overlay<T extends object>(base: T, override: Override<T>): T {
  const merged = { ...base } as Record<string, unknown>;
  for (const [key, value] of Object.entries<unknown>(override)) {
    if (value === undefined) continue;
    const below = merged[key];
    merged[key] = isSection(value) && isSection(below) ? overlay(below, value) : value;
  }
  return merged as T;
}

const isSection = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
