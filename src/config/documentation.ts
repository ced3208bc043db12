import { z } from 'zod';
import { configSchema } from './schema.ts';

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

export const describeSchema = (): SettingSchema =>
  z.toJSONSchema(configSchema, { io: 'input' }) as SettingSchema;

/** Returns allowed values, such as `0 to 600` or `intranet, public`. Undefined if only the description names them. */
export function allowedOf(node: SettingSchema): string | undefined {
  if (node.enum !== undefined) return node.enum.join(', ');
  return node.maximum === undefined ? undefined : `${node.minimum ?? 0} to ${node.maximum}`;
}

/** Returns undefined if the setting has no default. */
export function defaultOf({ default: value }: SettingSchema): string | undefined {
  if (Array.isArray(value)) return JSON.stringify(value);
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}
