import { z } from 'zod';
import { configSchema } from './schema.ts';
import type { SettingPath } from './setting-path.ts';
import { environmentNames, flagName, settings } from './settings.ts';

/** The documentation of one setting. */
export interface SettingDocumentation {
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

/** The part of JSON Schema that the configuration uses. */
export interface SettingSchema {
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly items?: SettingSchema;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Returns the schema of the configuration file. */
export const describeSchema = (): SettingSchema =>
  z.toJSONSchema(configSchema, { io: 'input' }) as SettingSchema;

/** Returns all settings, in the order of the schema. */
export function documentSettings(): SettingDocumentation[] {
  return documentBelow('', describeSchema());
}

/** Returns the keys of the section at `path`; none if it does not exist. */
export function keysAt(schema: SettingSchema, path: SettingPath): string[] {
  const found = path.reduce<SettingSchema | undefined>(
    (node, key) => (typeof key === 'number' ? node?.items : node?.properties?.[String(key)]),
    schema,
  );
  return Object.keys(found?.properties ?? {});
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
    allowed: allowedOf(node),
    defaultValue: defaultOf(node),
    flag: setting && `--${flagName(setting)}`,
    environment: setting ? environmentNames(setting) : [],
  };
}

function allowedOf(node: SettingSchema): string | undefined {
  if (node.properties !== undefined) return leafPaths(node).join(', ');
  if (node.enum !== undefined) return node.enum.join(', ');
  return node.maximum === undefined ? undefined : `${node.minimum ?? 0} to ${node.maximum}`;
}

const leafPaths = ({ properties = {} }: SettingSchema): string[] =>
  Object.entries(properties).flatMap(([key, below]) =>
    below.properties === undefined || below.description !== undefined
      ? [key]
      : leafPaths(below).map((path) => `${key}.${path}`),
  );

function defaultOf({ default: value }: SettingSchema): string | undefined {
  if (Array.isArray(value)) return JSON.stringify(value);
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}
