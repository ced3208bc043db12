import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { withTables } from './document.ts';
import { documents } from './tables.ts';

// All documents are written, even if the output has no reader any more, as in `… | head`.
process.stdout.on('error', () => undefined);

for (const [name, tables] of Object.entries(documents)) {
  const path = resolve(import.meta.dirname, '..', name);
  const before = await readFile(path, 'utf8');
  const after = await withTables(before, tables(), path);
  if (after !== before) await writeFile(path, after);
  process.stdout.write(`docs/${name}: ${after === before ? 'unchanged' : 'written'}\n`);
}
