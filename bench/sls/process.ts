import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { EmulatorStats } from '../../emulator/emulator.ts';
import { startServerProcess } from '../support/server-process.ts';
import type { SeenLines, SeenQuery, SlsReport, SlsSettings, StepCommand } from './messages.ts';

/** An emulated SLS with traffic, in its own process. */
export interface SlsProcess extends AsyncDisposable {
  readonly url: string;
  /** All completed queries so far. */
  readonly queries: readonly SeenQuery[];
  /** All lines of the stepping routes so far. */
  readonly lines: readonly SeenLines[];
  step(command: StepCommand): void;
  stats(): Promise<EmulatorStats>;
}

/** SLS runs on other machines in production, so its CPU time should not be taken from what is measured. */
const niceness = 10;

const script = resolve(import.meta.dirname, 'server.ts');

export async function startSlsProcess(settings: SlsSettings): Promise<SlsProcess> {
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'bench-sls-'));
  resources.defer(() => rm(directory, { recursive: true }));
  const file = join(directory, 'sls.json');
  await writeFile(file, JSON.stringify(settings));
  const queries: SeenQuery[] = [];
  const lines: SeenLines[] = [];
  const server = await startServerProcess({
    script,
    args: [file],
    home: directory,
    nodeFlags: [],
    niceness,
    onMessage: (message) => {
      const report = message as SlsReport;
      if (report.kind === 'query') queries.push(report.query);
      else lines.push(...report.lines);
    },
    onLine: (line) => console.error(`SLS: ${line}`),
  });
  resources.use(server);
  const owned = resources.move();
  return {
    url: server.url,
    queries,
    lines,
    step: (command) => server.send(command),
    stats: async () => (await (await fetch(`${server.url}/__stats`)).json()) as EmulatorStats,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
