import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runProgram } from '../../../src/cli/program.ts';
import { fakeIo, someCredentials } from '../../support/fake-io.ts';

interface HpaParts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly target?: object;
  readonly spec?: object;
}

export const hpaYaml = ({ labels = {}, name = 'sls_ingress_qps', target, spec = {} }: HpaParts = {}) =>
  stringify({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 20,
      metrics: [
        {
          type: 'External',
          external: {
            metric: { name, selector: { matchLabels: { 'sls.ingress.route': 'default-web-80', ...labels } } },
            target: target ?? { type: 'AverageValue', averageValue: '10' },
          },
        },
      ],
      ...spec,
    },
  });

/** Writes files and returns their names in order. */
export async function writeFiles(
  ...files: readonly (readonly [string, string | Uint8Array])[]
): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'replay-'));
  const paths = files.map(([name]) => join(directory, name));
  await Promise.all(files.map(([, content], index) => writeFile(paths[index] ?? '', content)));
  return paths;
}

interface ReplayRun {
  readonly startupSeconds: number;
  readonly podHours: number;
  readonly gpuHours: number;
  readonly cost?: number;
  readonly overloadedSeconds: number;
  readonly unservedShare: number;
  readonly changesPerHour: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly spread: Readonly<Record<string, { readonly least: number; readonly most: number }>>;
  readonly replicas: readonly { readonly time: string; readonly replicas: number }[];
}

interface ReplayOutput {
  readonly from: string;
  readonly to: string;
  readonly phases: number;
  readonly runs: readonly ReplayRun[];
  /** With --forecast. */
  readonly withForecast: readonly ReplayRun[];
  /** With --sweep. */
  readonly sweep: {
    readonly settings: readonly ReplayRun[];
    readonly front: readonly ReplayRun[];
    readonly recommendation: ReplayRun & {
      readonly reason: string;
      readonly setting: { readonly targets: readonly { readonly metric: string; readonly value: string }[] };
      readonly manifest: object;
    };
  };
  readonly notes: readonly string[];
  readonly limits: readonly string[];
}

/** Runs `replay` in this process. */
export async function replay(arguments_: readonly string[], clock: { now(): number } = Date) {
  const { io, stdout, stderr } = fakeIo(someCredentials, clock);
  const code = await runProgram(['replay', ...arguments_], io);
  return {
    code,
    stdout: stdout(),
    stderr: stderr(),
    json: () => JSON.parse(stdout()) as ReplayOutput,
  };
}
