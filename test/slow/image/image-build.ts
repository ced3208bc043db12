import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseDockerfile, type Stage } from './dockerfile.ts';

const run = promisify(execFile);

export const checkout = resolve(import.meta.dirname, '../../..');

/** The step that this checkout has behind it: it runs from what `npm ci` installed. */
const doneAlready = 'npm ci --ignore-scripts';

export const readDockerfile = async (): Promise<Stage[]> =>
  parseDockerfile(await readFile(join(checkout, 'Dockerfile'), 'utf8'));

/**
 * Does the RUN and COPY steps of the Dockerfile without Docker, each stage in a directory of its own below
 * `directory`, which stands for its root. Stages that take nothing from each other run at the same time.
 *
 * @returns the root of the image
 * @throws Error where a step fails, or copies what `.dockerignore` keeps from Docker
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
  if (from === undefined) throw new Error(`COPY ${text}: there is no such stage`);
  for (const source of sources) {
    if (stage === undefined) await checkContext(source);
    const into = target.endsWith('/') ? join(to, target, source) : join(to, target);
    await cp(join(from, source), into, { recursive: true, verbatimSymlinks: true });
  }
}

async function checkContext(source: string): Promise<void> {
  const [first, ...rest] = (await readFile(join(checkout, '.dockerignore'), 'utf8')).trim().split('\n');
  if (first !== '*' || !rest.includes(`!${source}`))
    throw new Error(`COPY ${source}: .dockerignore keeps it out`);
}
