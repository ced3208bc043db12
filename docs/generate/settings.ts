import { allowedOf, defaultOf, describeSchema, type SettingSchema } from '../../src/config/documentation.ts';
import { environmentNames, flagName, settings } from '../../src/config/settings.ts';

/** The documentation of one setting. */
interface SettingDocumentation {
  /** Path in the configuration file. `projects[].sls` is in each entry of the list `projects`. */
  readonly path: string;
  readonly meaning: string;
  /** Allowed values, if the meaning does not name them: `0 to 600`, `intranet, public, accelerate`. */
  readonly allowed: string | undefined;
  /** Undefined: it has no default. */
  readonly defaultValue: string | undefined;
  /** For example `--secure-port`; undefined: only the file can set it. */
  readonly flag: string | undefined;
  /** The first one that is set counts. */
  readonly environment: readonly string[];
}

/** Returns all settings, in the order of the schema. */
export function documentSettings(): SettingDocumentation[] {
  return documentBelow('', describeSchema());
}

function documentBelow(path: string, node: SettingSchema): SettingDocumentation[] {
  if (node.items?.properties !== undefined) return documentBelow(`${path}[]`, node.items);
  // A section with its own description repeats settings of another section: one row lists them.
  if (node.properties === undefined || node.description !== undefined) return [documentOne(path, node)];
  return Object.entries(node.properties).flatMap(([key, below]) =>
    documentBelow(path === '' ? key : `${path}.${key}`, below),
  );
}

function documentOne(path: string, node: SettingSchema): SettingDocumentation {
  const setting = settings.find((one) => one.path === path);
  return {
    path,
    meaning: node.description ?? '',
    allowed: node.properties === undefined ? allowedOf(node) : leafPaths(node).join(', '),
    defaultValue: defaultOf(node),
    flag: setting && `--${flagName(setting)}`,
    environment: setting ? environmentNames(setting) : [],
  };
}

const leafPaths = ({ properties = {} }: SettingSchema): string[] =>
  Object.entries(properties).flatMap(([key, below]) =>
    below.properties === undefined || below.description !== undefined
      ? [key]
      : leafPaths(below).map((path) => `${key}.${path}`),
  );
