import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { adapterFiles } from '../../../charts/generate/adapter-files.ts';
import { adapterValuesSchema, type JsonSchema } from '../../../charts/generate/values-schema.ts';
import { chart } from './chart.ts';

it.each(['values.schema.json', 'README.md', 'files/metrics.yaml'])(
  '%s is what `npm run charts` makes of the configuration, the catalogue and values.yaml',
  async (path) => {
    expect(await readFile(join(chart, path), 'utf8')).toBe((await adapterFiles()).get(path));
  },
);

it('values.schema.json knows every key: none that is not named is taken, however deep', () => {
  const open = (schema: JsonSchema, path: string): string[] => {
    const below = Object.entries(schema.properties ?? {});
    // Without properties of its own: what Kubernetes has a schema for.
    if (below.length === 0) return [];
    const own = schema['additionalProperties'] === false ? [] : [path];
    return [...own, ...below.flatMap(([key, child]) => open(child, `${path}.${key}`))];
  };
  // A variable has a name, and whatever Kubernetes takes.
  expect(open(adapterValuesSchema(), '')).toEqual([]);
});
