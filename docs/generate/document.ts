import { format, resolveConfig } from 'prettier';
import { printTable, type MarkdownTable } from '../../test/support/markdown-table.ts';

/**
 * A document with its tables as the code has them. Each stands behind its mark, `<!-- npm run docs: NAME -->`; what is
 * there is replaced, and all else stays.
 *
 * @param path of the file, for how it is formatted
 * @throws Error for a table without a mark, or a mark without a table
 */
export async function withTables(
  markdown: string,
  tables: Readonly<Record<string, () => MarkdownTable>>,
  path: string,
): Promise<string> {
  const missing = new Set(Object.keys(tables));
  const written = markdown.replaceAll(
    /^<!-- npm run docs: (\w+) -->\n\n(?:\|[^\n]*(?:\n|$))*/gm,
    (_, name: string) => {
      const table = tables[name];
      if (table === undefined) throw new Error(`${path}: no table is called ${name}`);
      missing.delete(name);
      return `<!-- npm run docs: ${name} -->\n\n${printTable(table())}\n`;
    },
  );
  if (missing.size > 0) throw new Error(`${path} has no place for ${[...missing].join(', ')}`);
  return format(written, { ...(await resolveConfig(path)), filepath: path });
}
