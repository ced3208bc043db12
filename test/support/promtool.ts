import { execFile, spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** Tests that need Prometheus and promtool. They are skipped, with a note, if these are not installed. */
export function describeWithPrometheus(name: string, tests: () => void): void {
  const available = ['promtool', 'prometheus'].every((tool) => spawnSync(tool, ['--version']).status === 0);
  const note = available ? '' : ' (skipped: promtool is not installed; on Debian: prometheus)';
  describe.skipIf(!available)(name + note, tests);
}

/**
 * Runs promtool.
 *
 * @param input its standard input
 * @returns its output on stdout and stderr
 * @throws Error with that output if promtool fails
 */
export function promtool(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('promtool', [...args], (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error === null) resolve(output);
      else reject(new Error(`promtool ${args.join(' ')} (${error.code}): ${output}`));
    });
    // promtool may close its standard input early.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
