import { loadConfig } from '../config/load.ts';
import { startService } from '../service.ts';
import { createLogger, createTelemetry } from '../telemetry/logger.ts';
import { levelToggle } from '../telemetry/log-level.ts';
import { aborted, type Io } from './io.ts';

/** Serves until a signal. */
export async function serve(flags: Readonly<Record<string, unknown>>, io: Io): Promise<void> {
  const config = loadConfig({ flags, env: io.env });
  const logger = createLogger(config.log.level);
  io.onLogSignal?.(levelToggle(logger));
  const telemetry = createTelemetry(logger);
  const service = await startService(config, io, telemetry);
  await aborted(io.signal);
  await service.stop(String(io.signal.reason));
}
