import { AdapterError, toListenError } from '../errors.ts';
import { type Io, aborted } from './io.ts';
import type { ListenAddress } from './options.ts';

export interface EmulateOptions {
  readonly listen: ListenAddress;
  readonly accessLog?: string;
  readonly follow?: boolean;
  readonly project: string;
  readonly logstore: string;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly latency?: number;
  readonly sqlConcurrency?: number;
  readonly ingestLag?: number;
  readonly errorRate?: number;
}

/** A local SLS until a signal, filled by PutLogs or from an access log. */
export async function emulate(options: EmulateOptions, io: Io): Promise<void> {
  const { accessLog: path, follow = false, project, logstore, listen } = options;
  if (follow && path === undefined)
    throw new AdapterError('ConfigInvalid', '--follow needs --access-log FILE');
  const { startEmulator } = await import('../emulator/emulator.ts');
  const { ingestAccessLog } = await import('../emulator/ingest/access-log-ingest.ts');
  const emulator = await startListening(listen, () => startEmulator(emulatorOptions(options, io)));
  try {
    io.stdout.write(`SLS for project ${project}, logstore ${logstore} at ${emulator.url}\n`);
    if (path !== undefined) {
      const counts = await ingestAccessLog({
        path,
        follow,
        sink: emulator.sink(project, logstore),
        onUnparsed: (reason, line) => {
          emulator.countUnparsed(1);
          io.stderr.write(`${path}: unparsed: ${reason}: ${line.slice(0, 200)}\n`);
        },
        signal: io.signal,
      });
      io.stdout.write(`${path}: ${counts.records} lines read, ${counts.unparsed} unparsed\n`);
    }
    await aborted(io.signal);
  } finally {
    await emulator.stop();
  }
}

function emulatorOptions(options: EmulateOptions, { clock, random }: Io) {
  const { listen, project, logstore, accessKeyId: id, accessKeySecret: secret } = options;
  if ((id === undefined) !== (secret === undefined)) {
    throw new AdapterError('ConfigInvalid', '--access-key-id and --access-key-secret go together');
  }
  return {
    listenHost: listen.host,
    listenPort: listen.port,
    logstores: [{ project, logstore }],
    ...(id === undefined || secret === undefined ? {} : { accessKey: { id, secret } }),
    ...(options.latency === undefined ? {} : { latencyMs: options.latency }),
    ...(options.sqlConcurrency === undefined ? {} : { sqlConcurrency: options.sqlConcurrency }),
    ...(options.ingestLag === undefined ? {} : { ingestLagMs: options.ingestLag }),
    ...(options.errorRate === undefined ? {} : { errorRate: options.errorRate }),
    clock,
    random,
  };
}

/** @throws AdapterError `AddressInUse` or `AddressUnusable` */
export async function startListening<T>({ host, port }: ListenAddress, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (cause) {
    throw toListenError(cause, `${host}:${port}`);
  }
}
