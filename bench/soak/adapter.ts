import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from '../../src/cli/program.ts';
import type { SoakOrder, SoakReport } from './messages.ts';
import { VitalSigns } from './vitals.ts';

/** The adapter as `src/main.ts` runs it, with a clock and a key that the parent sets, and vital signs. */
const secretName = 'ALIBABA_CLOUD_ACCESS_KEY_SECRET';
const tell = (report: SoakReport) => void process.send?.(report);
const vitalSigns = new VitalSigns();
const env = { ...process.env };
const secret = env[secretName];
let aheadMs = 0;

process.on('warning', ({ name, message }) => {
  if (name !== 'ExperimentalWarning') tell({ kind: 'warning', text: `${name}: ${message}` });
});
const ending = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => ending.abort(name));
// Whoever started it is gone.
process.once('disconnect', () => ending.abort('disconnect'));
process.on('message', (order: SoakOrder) => {
  void obey(order).then((value) => tell({ kind: 'answer', id: order.id, value }));
});

async function obey(order: SoakOrder): Promise<unknown> {
  switch (order.kind) {
    case 'vitals':
      return vitalSigns.take();
    case 'wanted series':
      return vitalSigns.wantedSeries;
    case 'set clock':
      aheadMs = order.aheadMs;
      return undefined;
    case 'set key':
      env[secretName] = order.good ? secret : 'not this one';
      return undefined;
  }
}

/** What keeps the process going, besides its output and the parent; what is closing has a moment to. */
async function resourcesLeft(): Promise<readonly string[]> {
  let left: readonly string[] = [];
  for (let looks = 0; looks < 20; looks += 1) {
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
  clock: { now: () => Date.now() + aheadMs },
  random: () => Math.random(),
});
process.exitCode = exitCode;
tell({ kind: 'stopped', exitCode, resources: await resourcesLeft() });
if (process.connected) process.disconnect();
