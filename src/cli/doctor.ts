import { setTimeout as sleep } from 'node:timers/promises';
import { examine } from '../doctor/examine.ts';
import { createEventLog } from '../telemetry/event-log.ts';
import { createLogger } from '../telemetry/logger.ts';
import { doctorLines, doctorReport, doctorSummary } from './doctor-report.ts';
import { CommandFailed, type Io } from './io.ts';
import { runningFlags } from './running-flags.ts';

export interface DoctorOptions {
  readonly metric?: string;
  readonly selector?: string;
  readonly namespace: string;
  readonly serviceAccount?: string;
  readonly output: 'table' | 'json';
}

/**
 * Checks all that a reading depends on, and tells what to do about what is not well.
 *
 * @throws CommandFailed where a check failed
 */
export async function doctor(
  options: DoctorOptions,
  flags: Readonly<Record<string, unknown>>,
  io: Io,
): Promise<void> {
  const { metric, selector, namespace, serviceAccount, output } = options;
  // Whatever goes wrong is a finding; a log would say it twice.
  const observer = createEventLog(createLogger('silent'));
  const around = { ...io, observer, pause };
  const isTable = output === 'table';
  // With a kubeconfig it is the cluster of that which is looked at, not the pod that we are in.
  const running = flags['kubeconfig'] === undefined ? await runningFlags(io) : {};
  const asked = { flags: { ...running, ...flags }, metric, selector, namespace, serviceAccount };
  const results = await examine(asked, around, io.signal, (result) => {
    if (isTable) io.stdout.write(doctorLines(result, terminalOf(io)));
  });
  const { aborted } = io.signal;
  io.stdout.write(
    isTable ? doctorSummary(results) : `${JSON.stringify(doctorReport(results, aborted), null, 2)}\n`,
  );
  if (aborted || results.some(({ status }) => status === 'failed')) throw new CommandFailed();
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** Colours by https://no-color.org */
const terminalOf = ({ stdout, env }: Io) => ({
  isColoured: stdout.isTTY && !env['NO_COLOR'],
  columns: stdout.isTTY ? stdout.columns : undefined,
});
