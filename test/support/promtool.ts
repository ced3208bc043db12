import { execFile, spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** Tests that want Prometheus and its promtool: skipped, in words, where there are none. */
export function describeWithPrometheus(name: string, tests: () => void): void {
  const available = ['promtool', 'prometheus'].every((tool) => spawnSync(tool, ['--version']).status === 0);
  const note = available ? '' : ' (skipped: no promtool here; Debian has it as prometheus)';
  describe.skipIf(!available)(name + note, tests);
}

/**
 * Runs promtool.
 *
 * @param input of its standard input
 * @returns what it printed, either stream
 * @throws Error with that, where it finds anything wrong
 */
export function promtool(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('promtool', [...args], (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error === null) resolve(output);
      else reject(new Error(`promtool ${args.join(' ')} (${error.code}): ${output}`));
    });
    // It need not read all of it, nor any.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
