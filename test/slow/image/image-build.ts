import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseDockerfile, type Stage } from './dockerfile.ts';

const run = promisify(execFile);

export const checkout = resolve(import.meta.dirname, '../../..');

/** A step that is skipped: the checkout already has its result in node_modules. */
const doneAlready = 'npm ci --ignore-scripts';

export const readDockerfile = async (): Promise<Stage[]> =>
  parseDockerfile(await readFile(join(checkout, 'Dockerfile'), 'utf8'));

/**
 * Runs the RUN and COPY steps of the Dockerfile without Docker. Each stage has its own root, a directory below
 * `directory`. Stages run at the same time unless one copies from another.
 *
 * @returns the root of the image
 * @throws Error if a step fails, or copies a file that `.dockerignore` excludes
 */
export async function buildImage(directory: string): Promise<string> {
  const stages = await readDockerfile();
  const built = new Map<string, Promise<string>>();
  for (const [index, stage] of stages.entries()) {
    const name = stage.name ?? String(index);
    built.set(name, buildStage(stage, join(directory, name), built));
  }
  const roots = await Promise.all(built.values());
  return roots.at(-1) ?? '';
}

async function buildStage(
  { instructions }: Stage,
  root: string,
  others: ReadonlyMap<string, Promise<string>>,
): Promise<string> {
  let workDirectory = root;
  for (const { name, text } of instructions) {
    if (name === 'WORKDIR') {
      workDirectory = join(root, text);
      await mkdir(workDirectory, { recursive: true });
    } else if (name === 'COPY') await copy(text, workDirectory, others);
    else if (name === 'RUN' && text === doneAlready)
      await symlink(join(checkout, 'node_modules'), join(workDirectory, 'node_modules'));
    else if (name === 'RUN') await run('sh', ['-ec', text], { cwd: workDirectory });
  }
  return root;
}

async function copy(text: string, to: string, others: ReadonlyMap<string, Promise<string>>): Promise<void> {
  const words = text.split(/\s+/);
  const stage = /^--from=(.*)$/.exec(words[0] ?? '')?.[1];
  const [target = '', ...sources] = words.slice(stage === undefined ? 0 : 1).reverse();
  const from = stage === undefined ? checkout : await others.get(stage);
  if (from === undefined) throw new Error(`COPY ${text}: no stage has that name`);
  for (const source of sources) {
    if (stage === undefined) await checkContext(source);
    const into = target.endsWith('/') ? join(to, target, source) : join(to, target);
    await cp(join(from, source), into, { recursive: true, verbatimSymlinks: true });
  }
}

async function checkContext(source: string): Promise<void> {
  const [first, ...rest] = (await readFile(join(checkout, '.dockerignore'), 'utf8')).trim().split('\n');
  if (first !== '*' || !rest.includes(`!${source}`))
    throw new Error(`COPY ${source}: .dockerignore excludes it`);
}
