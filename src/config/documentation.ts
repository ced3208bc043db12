import { z } from 'zod';
import { configSchema } from './schema.ts';
import type { SettingPath } from './setting-path.ts';
import { environmentNames, flagName, settings } from './settings.ts';

/** One setting, in words. */
export interface SettingDocumentation {
  /** Path in the configuration file; `projects[].sls` is below each entry of the list `projects`. */
  readonly path: string;
  readonly meaning: string;
  /** What a value may be, where the meaning leaves it open: `0 to 600`, `intranet, public, accelerate`. */
  readonly allowed: string | undefined;
  /** Undefined: none. */
  readonly defaultValue: string | undefined;
  /** For example `--secure-port`; undefined: settable in the file alone. */
  readonly flag: string | undefined;
  /** The first that is set wins. */
  readonly environment: readonly string[];
}

/** The part of JSON Schema that the configuration makes use of. */
export interface SettingSchema {
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly items?: SettingSchema;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What the file may hold. */
export const describeSchema = (): SettingSchema =>
  z.toJSONSchema(configSchema, { io: 'input' }) as SettingSchema;

/** All settings, in the order of the schema. */
export function documentSettings(): SettingDocumentation[] {
  return documentBelow('', describeSchema());
}

/** The keys that the section at `path` takes; none where there is no such section. */
export function keysAt(schema: SettingSchema, path: SettingPath): string[] {
  const found = path.reduce<SettingSchema | undefined>(
    (node, key) => (typeof key === 'number' ? node?.items : node?.properties?.[String(key)]),
    schema,
  );
  return Object.keys(found?.properties ?? {});
}

function documentBelow(path: string, node: SettingSchema): SettingDocumentation[] {
  if (node.items?.properties !== undefined) return documentBelow(`${path}[]`, node.items);
  // A section that tells its own meaning repeats settings of another: one row names them.
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
