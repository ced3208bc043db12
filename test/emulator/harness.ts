import { startEmulator, type Emulator, type EmulatorOptions } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { send, type RawReply } from './raw-client.ts';

/** 2022-07-22T03:30:00Z */
export const nowSeconds = 1658460600;
export const project = 'k8s-log-c1';
export const logstore = 'nginx-ingress';

/** A clock that only tests move. */
export class ManualClock {
  ms = nowSeconds * 1000;
  now(): number {
    return this.ms;
  }
}

interface LogsReply {
  readonly status: number;
  readonly meta: Record<string, unknown>;
  readonly data: readonly Record<string, string>[];
  readonly errorCode: string;
  readonly errorMessage: string;
}

export async function startTestEmulator(
  options: Partial<EmulatorOptions> = {},
  records: readonly LogRecord[] = [],
): Promise<Emulator> {
  const emulator = await startEmulator({
    logstores: [{ project, logstore }],
    clock: new ManualClock(),
    ...options,
  });
  if (records.length > 0) await emulator.sink(project, logstore).append(records);
  return emulator;
}

/** A line `age` seconds before `nowSeconds`. */
export function line(fields: Readonly<Record<string, string>>, age = 5): LogRecord {
  return { timeSeconds: nowSeconds - age, fields };
}

/** Headers that every API call needs. */
export function apiHeaders(body: string | Buffer = '', project_ = project): Record<string, string> {
  return {
    host: `${project_}.sls.localhost`,
    'x-log-apiversion': '0.6.0',
    'x-log-bodyrawsize': String(Buffer.byteLength(body)),
    'content-type': 'application/json',
  };
}

/** Calls GetLogsV2 for the last minute; `extra` changes the parameters. */
export async function getLogsV2(
  emulator: Emulator,
  query: string,
  extra: Readonly<Record<string, unknown>> = {},
  signal?: AbortSignal,
): Promise<LogsReply> {
  const body = JSON.stringify({ from: nowSeconds - 60, to: nowSeconds + 1, query, ...extra });
  const reply = await send(emulator.url, {
    method: 'POST',
    path: `/logstores/${logstore}/logs`,
    headers: apiHeaders(body),
    body,
    ...(signal && { signal }),
  });
  return parse(reply);
}

function parse({ status, body }: RawReply): LogsReply {
  const empty = { meta: {}, data: [], errorCode: '', errorMessage: '' };
  return { ...empty, ...(JSON.parse(body.toString()) as Partial<LogsReply>), status };
}
