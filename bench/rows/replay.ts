import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { loadCommandConfig } from '../../src/cli/command-config.ts';
import { usualOptions } from '../../src/cli/replay/replay-options.ts';
import { replayManifest } from '../../src/cli/replay/replayed.ts';
import { settingsToTry } from '../../src/replay/sweep-settings.ts';
import { sweep } from '../../src/replay/sweep.ts';
import { fakeIo } from '../../test/support/fake-io.ts';
import { seeded } from '../../test/support/seeded.ts';
import type { Row, RowContext } from '../row.ts';
import { residentMbOf } from '../support/process-usage.ts';

const program = resolve(import.meta.dirname, '../../dist/main.js');
const [project, logstore, route] = ['k8s-log-bench', 'nginx-ingress', 'default-web-80'];
const daySeconds = 86_400;
const perSecond = 200;
const settings = 1000;
const days = 7;

const hpa = {
  ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' } },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    ...{ minReplicas: 1, maxReplicas: 60 },
    metrics: [
      {
        type: 'External',
        external: {
          metric: { name: 'sls_ingress_qps', selector: { matchLabels: { 'sls.ingress.route': route } } },
          target: { type: 'AverageValue', averageValue: '10' },
        },
      },
    ],
  },
};

/** `replay` of a day from SLS, a sweep over a day, and the memory of a week. */
export const replay: Row = {
  name: 'replay',
  async measure(context) {
    const directory = await mkdtemp(join(tmpdir(), 'bench-replay-'));
    const hpaFile = join(directory, 'hpa.json');
    await writeFile(hpaFile, JSON.stringify(hpa));
    try {
      return [
        {
          ...{ row: 'replay', what: `a day of ${perSecond} requests/s from SLS, one setting`, unit: 's' },
          measured: { value: await secondsOfDay(hpaFile, context) },
          target: { bound: 'at most', value: 20 },
        },
        {
          ...{ row: 'replay', what: `${settings} settings × 8 phases over a day`, unit: 's' },
          measured: { value: await secondsOfSweep(directory, context) },
          target: { bound: 'at most', value: 60 },
        },
        {
          ...{ row: 'replay', what: `peak memory of ${days} days`, unit: 'MB' },
          measured: { value: await peakMbOfWeek(directory, hpaFile, context) },
          target: { bound: 'at most', value: 512 },
        },
      ];
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};

async function secondsOfDay(hpaFile: string, { signal, progress }: RowContext): Promise<number> {
  const endSeconds = Math.floor(Date.now() / 1000);
  await using emulator = await startEmulator({
    ...{ retentionSeconds: 2 * daySeconds },
    // What a log needs for this metric: with all fields, writing 17 million lines takes many minutes.
    logstores: [
      {
        ...{ project, logstore },
        index: { fields: { proxy_upstream_name: 'text', proxy_alternative_upstream_name: 'text' } },
      },
    ],
  });
  await writeDay(emulator, endSeconds, { signal, progress });
  progress('replay: replaying the day');
  const where = ['--project', project, '--logstore', logstore, '--sls-endpoint', emulator.url];
  const startMs = performance.now();
  await run(
    ['--hpa', hpaFile, '--to', String(endSeconds - 60), '--from', String(endSeconds - daySeconds), ...where],
    signal,
  );
  return (performance.now() - startMs) / 1000;
}

async function writeDay(emulator: Emulator, endSeconds: number, { signal, progress }: RowContext) {
  const fields = { proxy_upstream_name: route, proxy_alternative_upstream_name: '' };
  const sink = emulator.sink(project, logstore);
  const stepSeconds = 600;
  for (let second = endSeconds - daySeconds - 60; second < endSeconds; second += stepSeconds) {
    signal.throwIfAborted();
    const done = 1 - (endSeconds - second) / daySeconds;
    if (second % 7200 < stepSeconds)
      progress(`replay: writing a day of log, ${Math.max(0, Math.floor(done * 100))} %`);
    await sink.append(
      Array.from({ length: stepSeconds * perSecond }, (_, index) => ({
        timeSeconds: second + Math.floor(index / perSecond),
        fields,
      })),
    );
  }
}

/** A rate that rises and falls with the day, with the noise of single requests and with jumps. */
async function writeCounts(file: string, seconds: number): Promise<void> {
  const random = seeded(1);
  let jump = 1;
  const rows = Array.from({ length: seconds }, (_, second) => {
    if (random() < 0.0005) jump = 0.5 + 1.5 * random();
    const rate = perSecond * jump * (1 - 0.6 * Math.cos((2 * Math.PI * second) / daySeconds));
    return `${1_700_000_000 + second},${Math.round(rate + Math.sqrt(12 * rate) * (random() - 0.5))}`;
  });
  await writeFile(file, `time,requests\n${rows.join('\n')}\n`);
}

async function secondsOfSweep(directory: string, { signal, progress }: RowContext): Promise<number> {
  const counts = join(directory, 'day.csv');
  await writeCounts(counts, daySeconds);
  const io = { ...fakeIo().io, signal };
  const options = { ...usualOptions, namespace: 'default', startup: [60_000], counts };
  const { input, hpa: replayed } = await replayManifest(
    hpa,
    options,
    await loadCommandConfig({ region: 'unused' }, io),
    io,
  );
  const tried = settingsToTry(replayed.spec, input.needed);
  const specs = Array.from({ length: settings }, (_, index) => tried[index % tried.length] ?? replayed.spec);
  let shown = 0;
  const onProgress = (share: number) => {
    if (share < shown) return;
    progress(`replay: trying ${settings} settings, ${Math.floor(share * 100)} %`);
    shown += 0.25;
  };
  const startMs = performance.now();
  await sweep({ input, startupSeconds: 60, specs }, onProgress, signal);
  return (performance.now() - startMs) / 1000;
}

async function peakMbOfWeek(directory: string, hpaFile: string, { signal, progress }: RowContext) {
  const counts = join(directory, 'week.csv');
  await writeCounts(counts, days * daySeconds);
  progress(`replay: replaying ${days} days`);
  return run(['--hpa', hpaFile, '--counts', counts, '--report', join(directory, 'report.html')], signal);
}

/** Runs `replay`, and returns its peak memory in MB. */
async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const env = {
    PATH: process.env['PATH'],
    ...{ ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' },
    ...{ ALIBABA_CLOUD_ACCESS_KEY_ID: 'bench', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'bench' },
  };
  const child = spawn(process.execPath, [program, 'replay', ...args], { env, signal });
  let stderr = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close');
  let peakMb = 0;
  while (child.exitCode === null && child.signalCode === null) {
    // An exited process has no memory until its end is noticed.
    const { peak } = residentMbOf(child.pid ?? 0);
    if (peak > peakMb) peakMb = peak;
    await sleep(20, undefined, { signal });
  }
  await ended;
  if (child.exitCode !== 0) throw new Error(`replay ${args.join(' ')}: ${stderr}`);
  return peakMb;
}
