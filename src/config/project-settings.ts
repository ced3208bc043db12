import { textMatcher } from '../access/patterns.ts';
import type { Config } from './schema.ts';
import { isMapping } from './setting-path.ts';

export interface ProjectSettings {
  readonly reading: ReadingSettings;
  readonly sls: Config['sls'];
}

/** The section `reading` of a project, with the times that reads and queries use in milliseconds. */
export type ReadingSettings = ReturnType<typeof inMilliseconds>;

/**
 * Returns the settings of a project: the first entry of `projects` that matches overrides the settings of all projects.
 * Entries are merged once. Nothing is stored by project name, because clients choose those names.
 */
export function projectSettings({ reading, sls, projects }: Config): (project: string) => ProjectSettings {
  const ofAll: ProjectSettings = { reading: inMilliseconds(reading), sls };
  const entries = projects.map(({ project, reading: ownReading = {}, sls: ownSls = {} }) => ({
    matches: textMatcher(project),
    settings: {
      reading: inMilliseconds(overlay(reading, ownReading)),
      sls: slsOf(sls, ownSls as Partial<Config['sls']>),
    },
  }));
  return (project) => entries.find(({ matches }) => matches(project))?.settings ?? ofAll;
}

export function readingSettings(config: Config): (project: string) => ReadingSettings {
  const settingsOf = projectSettings(config);
  return (project) => settingsOf(project).reading;
}

const inMilliseconds = (reading: Config['reading']) => ({
  ...reading,
  freshnessMs: reading.freshnessSeconds * 1000,
  maxStaleMs: reading.maxStaleSeconds * 1000,
  patienceMs: reading.patienceSeconds * 1000,
  deadlineMs: reading.deadlineSeconds * 1000,
});

/**
 * Credentials are replaced as a whole: settings of one source mean nothing to another. An endpoint takes precedence over
 * a region, so a project with its own region or network must not inherit the endpoint of all.
 */
function slsOf(ofAll: Config['sls'], override: Partial<Config['sls']>): Config['sls'] {
  const { region, network, endpoint, credentials = ofAll.credentials } = override;
  const isElsewhere = region !== undefined || network !== undefined;
  return { ...overlay(ofAll, override), credentials, ...(isElsewhere ? { endpoint } : {}) };
}

/** Returns `base` with the values of `override`, section by section. */
function overlay<T extends object>(base: T, override: Readonly<Record<string, unknown>>): T {
  const merged = { ...base } as Record<string, unknown>;
  for (const [key, value] of Object.entries(override)) {
    if (value === undefined) continue;
    const below = merged[key];
    merged[key] = isMapping(value) && isMapping(below) ? overlay(below, value) : value;
  }
  return merged as T;
}
