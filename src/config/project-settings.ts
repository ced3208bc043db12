import { textMatcher } from '../access/patterns.ts';
import type { Config } from './schema.ts';
import { isMapping } from './setting-path.ts';

/** The settings that may differ by project. */
export interface ProjectSettings {
  readonly reading: ReadingSettings;
  readonly sls: Omit<Config['sls'], 'connectTimeoutSeconds' | 'readTimeoutSeconds' | 'maxQueriesPerSecond'>;
}

/**
 * Returns the settings of a project: the first entry of `projects` that matches overrides the settings of all projects.
 * Entries are merged once. Nothing is stored by project name, because clients choose those names.
 */
export function projectSettings({ reading, sls, projects }: Config): (project: string) => ProjectSettings {
  const { region, network, endpoint, credentials, maxConcurrentQueries, breaker } = sls;
  const own = { region, network, endpoint, credentials, maxConcurrentQueries, breaker };
  const ofAll: ProjectSettings = { reading: inMilliseconds(reading), sls: own };
  const entries = projects.map(({ project, reading: ownReading = {}, sls: ownSls = {} }) => ({
    matches: textMatcher(project),
    settings: {
      reading: inMilliseconds(overlay(reading, ownReading)),
      sls: slsOf(own, ownSls as Partial<SlsSettings>),
    },
  }));
  return (project) => entries.find(({ matches }) => matches(project))?.settings ?? ofAll;
}

/** The section `reading` of a project, with the times that reads and queries use in milliseconds. */
export interface ReadingSettings extends Omit<
  Config['reading'],
  'maxSeries' | 'maxForecasts' | 'perNamespace'
> {
  readonly freshnessMs: number;
  readonly maxStaleMs: number;
  readonly patienceMs: number;
  readonly deadlineMs: number;
}

const inMilliseconds = (reading: Config['reading']): ReadingSettings => ({
  ...reading,
  freshnessMs: reading.freshnessSeconds * 1000,
  maxStaleMs: reading.maxStaleSeconds * 1000,
  patienceMs: reading.patienceSeconds * 1000,
  deadlineMs: reading.deadlineSeconds * 1000,
});

/** Returns a function that gives the settings for the readings of a project. */
export function readingSettings(config: Config): (project: string) => ReadingSettings {
  const settingsOf = projectSettings(config);
  return (project) => settingsOf(project).reading;
}

/** Returns what decides the delay of a project's windows. */
export const delaySettings = (readingOf: (project: string) => ReadingSettings) => ({
  /** Returns undefined if the delay is learned. */
  fixedSecondsOf: (project: string) => readingOf(project).delaySeconds,
  settingsOf: (project: string) => readingOf(project).delay,
});

type SlsSettings = ProjectSettings['sls'];

/**
 * Credentials are replaced as a whole: settings of one source mean nothing to another. An endpoint takes precedence over
 * a region, so a project with its own region or network must not inherit the endpoint of all.
 */
function slsOf(ofAll: SlsSettings, override: Partial<SlsSettings>): SlsSettings {
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
