import { loadConfig } from '../config/load.ts';
import { startService } from '../service.ts';
import { createEventLog } from '../telemetry/event-log.ts';
import { createLogger, levelToggle } from '../telemetry/logger.ts';
import type { Flags } from './command-config.ts';
import { aborted, type Io } from './io.ts';

/** Serves until SIGINT, SIGTERM or SIGHUP. */
export async function serve(flags: Flags, io: Io): Promise<void> {
  const config = loadConfig({ flags, env: io.env });
  const logger = createLogger(config.log.level);
  io.onLogSignal?.(levelToggle(logger));
  const telemetry = createEventLog(logger);
  const service = await startService(config, io, telemetry);
  await aborted(io.signal);
  await service.stop(String(io.signal.reason));
}
