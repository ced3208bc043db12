import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from '../../src/cli/program.ts';
import type { SoakCommand, SoakReport } from './messages.ts';
import { ResourceProbe } from './resource-usage.ts';

// Runs the adapter as `src/main.ts` does, but the parent sets the clock and the key, and reads the resource usage.
const secretName = 'ALIBABA_CLOUD_ACCESS_KEY_SECRET';
const report = (message: SoakReport) => void process.send?.(message);
const env = { ...process.env };
const secret = env[secretName];
let aheadMs = 0;
const monotonicMs = () => performance.now() + aheadMs;
const resourceProbe = new ResourceProbe(monotonicMs);

// As if the machine's clock were set: the SDK of SLS dates requests by it, and SLS refuses dates that are off by 15 minutes.
const MachineDate = Date;
const now = () => MachineDate.now() + aheadMs;
globalThis.Date = new Proxy(MachineDate, {
  construct: (target, given: string[], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
  get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
});

process.on('warning', ({ name, message }) => {
  if (name !== 'ExperimentalWarning') report({ kind: 'warning', text: `${name}: ${message}` });
});
const ending = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => ending.abort(name));
// The parent has exited.
process.once('disconnect', () => ending.abort('disconnect'));
process.on('message', (command: SoakCommand) => {
  void execute(command).then((value) => report({ kind: 'result', id: command.id, value }));
});

async function execute(command: SoakCommand): Promise<unknown> {
  switch (command.kind) {
    case 'usage':
      return resourceProbe.measure();
    case 'wanted series':
      return resourceProbe.wantedSeries;
    case 'set clock':
      aheadMs = command.aheadMs;
      return undefined;
    case 'set key':
      env[secretName] = command.valid ? secret : 'wrong secret';
      return undefined;
  }
}

/** Returns what keeps the process alive, except output and the parent. Resources that are closing have 2 s to do so. */
async function resourcesLeft(): Promise<readonly string[]> {
  let left: readonly string[] = [];
  for (let attempt = 0; attempt < 20; attempt += 1) {
    left = process.getActiveResourcesInfo().filter((name) => !/^(Pipe|TTY)|^(Immediate|Timeout)$/.test(name));
    if (left.length === 0) break;
    await sleep(100);
  }
  return left;
}

const exitCode = await runProgram(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env,
  signal: ending.signal,
  clock: { now },
  monotonicMs,
  random: () => Math.random(),
});
process.exitCode = exitCode;
report({ kind: 'stopped', exitCode, resources: await resourcesLeft() });
if (process.connected) process.disconnect();
