import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';

/** One file of the page. */
export interface PageFile {
  readonly contentType: string;
  readonly bytes: Buffer;
  /** Strong, quoted. */
  readonly etag: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The files below page/, by the path at which they are served. They are small: all are held. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const folder = new URL('page/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => contentTypes[extname(name)] !== undefined);
  const files = names.map(async (name) => {
    const bytes = await readFile(new URL(name, folder));
    const hash = createHash('sha256').update(bytes).digest('base64url');
    const contentType = contentTypes[extname(name)] ?? '';
    return [name === 'index.html' ? '/' : `/${name}`, { contentType, bytes, etag: `"${hash}"` }] as const;
  });
  return new Map(await Promise.all(files));
}
