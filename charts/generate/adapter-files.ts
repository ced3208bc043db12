import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import prettier from 'prettier';
import { stringify } from 'yaml';
import { createCatalog } from '../../src/metric/catalog.ts';
import { valuesTable } from '../../test/charts/support/values-table.ts';
import { printTable } from '../../test/support/markdown-table.ts';
import { adapterValuesSchema } from './values-schema.ts';

export const adapterChart = resolve(import.meta.dirname, '../sls-metrics-adapter');

/** Returns the files of charts/sls-metrics-adapter that are generated in whole or in part: path in the chart → text. */
export async function adapterFiles(): Promise<ReadonlyMap<string, string>> {
  const read = (path: string) => readFile(resolve(adapterChart, path), 'utf8');
  const schema = JSON.stringify(adapterValuesSchema());
  const table = printTable(valuesTable(schema, await read('values.yaml')));
  const names = createCatalog().metrics.map(({ name }) => name);
  const texts = {
    'values.schema.json': schema,
    'README.md': (await read('README.md')).replace(/^\| Key .*(\n\|.*)*/m, () => table),
    'files/metrics.yaml': stringify(names),
  };
  const formatted = Object.entries(texts).map(async ([path, text]) => {
    const filepath = resolve(adapterChart, path);
    const options = await prettier.resolveConfig(filepath);
    return [path, await prettier.format(text, { ...options, filepath })] as const;
  });
  return new Map(await Promise.all(formatted));
}
