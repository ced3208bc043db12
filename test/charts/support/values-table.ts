import { parse } from 'yaml';
import type { MarkdownTable } from '../../support/markdown-table.ts';

interface Schema {
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/**
 * Returns the table of a chart's values: key, default, meaning. It has one row for each value that the schema describes, in
 * the order of the schema.
 *
 * @param schema text of values.schema.json
 * @param values text of values.yaml
 * @throws Error if one of the two has a value that the other lacks, or a value has no description
 */
export function valuesTable(schema: string, values: string): MarkdownTable {
  const { global, ...properties } = (JSON.parse(schema) as Schema).properties ?? {};
  if (global === undefined)
    throw new Error('the schema must allow `global`, for who has the chart as a dependency');
  return [['Key', 'Default', 'Meaning'], ...rowsOf({ properties }, parse(values) as unknown, '')];
}

function rowsOf(schema: Schema, value: unknown, path: string): string[][] {
  if (schema.description !== undefined) {
    const allowed = (schema.enum ?? []).filter((one) => !schema.description?.includes(`\`${one}\``));
    const meaning = allowed.length === 0 ? '' : ` (${allowed.map((one) => `\`${one}\``).join(', ')})`;
    return [[`\`${path}\``, defaultOf(value), `${schema.description}${meaning}`]];
  }
  if (schema.properties === undefined || typeof value !== 'object' || value === null)
    throw new Error(`${path} has no description in values.schema.json`);
  const [described, given] = [Object.keys(schema.properties), Object.keys(value)];
  const odd = [
    ...described.filter((key) => !given.includes(key)),
    ...given.filter((key) => !described.includes(key)),
  ];
  if (odd.length > 0)
    throw new Error(`${path}: ${odd.join(', ')} in one of values.yaml and values.schema.json alone`);
  return Object.entries(schema.properties).flatMap(([key, child]) =>
    rowsOf(child, (value as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`),
  );
}

const defaultOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0
    ? 'see values.yaml'
    : `\`${JSON.stringify(value)}\``;
