import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { adapterFiles } from '../../../charts/generate/adapter-files.ts';
import { adapterValuesSchema, type JsonSchema } from '../../../charts/generate/values-schema.ts';
import { chart } from './chart.ts';

it.each(['values.schema.json', 'README.md', 'files/metrics.yaml'])(
  '%s is up to date with the configuration, the catalogue and values.yaml (else run `npm run charts`)',
  async (path) => {
    expect(await readFile(join(chart, path), 'utf8')).toBe((await adapterFiles()).get(path));
  },
);

it('values.schema.json refuses unknown keys at every level', () => {
  const open = (schema: JsonSchema, path: string): string[] => {
    const below = Object.entries(schema.properties ?? {});
    // Objects without properties here go to Kubernetes, which has a schema for them.
    if (below.length === 0) return [];
    const own = schema['additionalProperties'] === false ? [] : [path];
    return [...own, ...below.flatMap(([key, child]) => open(child, `${path}.${key}`))];
  };
  // An environment variable has a name, and whatever Kubernetes accepts.
  expect(open(adapterValuesSchema(), '')).toEqual([]);
});
