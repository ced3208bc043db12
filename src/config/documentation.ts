import { z } from 'zod';
import { configSchema } from './schema.ts';
import { environmentNames, flagName, settings } from './settings.ts';

/** One setting, in words. */
export interface SettingDocumentation {
  /** Path in the configuration file. */
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
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** All settings, in the order of the schema. */
export function documentSettings(): SettingDocumentation[] {
  const { properties: sections = {} } = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
  return Object.entries(sections).flatMap(([section, { properties = {} }]) =>
    Object.entries(properties).map(([key, leaf]) => documentLeaf(`${section}.${key}`, leaf)),
  );
}

function documentLeaf(path: string, leaf: JsonSchema): SettingDocumentation {
  const setting = settings.find((one) => one.path === path);
  const { default: value } = leaf;
  return {
    path,
    meaning: leaf.description ?? '',
    allowed: leaf.enum?.join(', ') ?? (leaf.maximum === undefined ? undefined : rangeOf(leaf)),
    defaultValue: isPlain(value) ? String(value) : undefined,
    flag: setting && `--${flagName(setting)}`,
    environment: setting ? environmentNames(setting) : [],
  };
}

const rangeOf = ({ minimum = 0, maximum = 0 }: JsonSchema) => `${minimum} to ${maximum}`;

const isPlain = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);
