import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import { withTables } from '../../docs/generate/document.ts';
import { documents } from '../../docs/generate/tables.ts';

/** Expects that `npm run docs` would not change the document in `docs/`. */
export async function expectGenerated(name: string): Promise<void> {
  const tables = documents[name];
  if (tables === undefined) throw new Error(`docs/${name} has no generated tables`);
  const path = resolve(import.meta.dirname, '../../docs', name);
  const text = readFileSync(path, 'utf8');
  expect(text, `docs/${name} is out of date, run: npm run docs`).toBe(await withTables(text, tables(), path));
}
