import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import { withTables } from '../../docs/generate/document.ts';
import { documents } from '../../docs/generate/tables.ts';

/** Holds a document below `docs/` to what `npm run docs` makes of it. */
export async function expectGenerated(name: string): Promise<void> {
  const tables = documents[name];
  if (tables === undefined) throw new Error(`docs/${name} has no tables that are generated`);
  const path = resolve(import.meta.dirname, '../../docs', name);
  const text = readFileSync(path, 'utf8');
  expect(text, `docs/${name} is not what the code says: npm run docs`).toBe(
    await withTables(text, tables, path),
  );
}
