import { format, resolveConfig } from 'prettier';
import { printTable, type MarkdownTable } from '../../test/support/markdown-table.ts';

/** By the name in their marks. */
export type Tables = Readonly<Record<string, MarkdownTable>>;

/**
 * Returns a document whose tables are generated from the code. A table follows its mark, `<!-- npm run docs: NAME -->`;
 * it is replaced, and everything else is kept.
 *
 * @param path path of the file, which decides how it is formatted
 * @throws Error if a table has no mark, or a mark has no table
 */
export async function withTables(markdown: string, tables: Tables, path: string): Promise<string> {
  const missing = new Set(Object.keys(tables));
  const written = markdown.replaceAll(
    /^<!-- npm run docs: ([\w-]+) -->\n\n(?:\|[^\n]*(?:\n|$))*/gm,
    (_, name: string) => {
      const table = tables[name];
      if (table === undefined) throw new Error(`${path}: there is no table ${name}`);
      missing.delete(name);
      return `<!-- npm run docs: ${name} -->\n\n${printTable(table)}\n`;
    },
  );
  if (missing.size > 0) throw new Error(`${path} has no mark for ${[...missing].join(', ')}`);
  return format(written, { ...(await resolveConfig(path)), filepath: path });
}
