import pino, { type DestinationStream, type Logger } from 'pino';
import type { ReadObserver } from '../api/external-metrics.ts';
import type { AdapterError } from '../errors.ts';
import type { SlsObserver } from '../sls/client.ts';

/** Everything that the adapter logs, one function an event. */
export interface Telemetry extends ReadObserver, SlsObserver {
  started(event: { readonly url: string; readonly slsEndpoint: string; readonly durationMs: number }): void;
  stopping(event: { readonly reason: string }): void;
  internalError(error: AdapterError): void;
}

/** JSON lines; the destination is standard error but in tests. */
export function createLogger(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

export function createTelemetry(logger: Logger): Telemetry {
  return {
    started: (event) => logger.info(event, 'serving'),
    stopping: (event) => logger.info(event, 'stopping'),
    internalError: (error) => logger.error({ code: error.code, err: error.cause ?? error }, error.message),
    readFinished: ({ error, ...event }) => {
      if (error === undefined) logger.debug(event, 'reading served');
      else if (error.code === 'Canceled') logger.debug({ ...event, code: error.code }, error.message);
      else if (error.code === 'Internal')
        logger.error({ ...event, code: error.code, err: error.cause }, error.message);
      else logger.warn({ ...event, code: error.code, cause: causeOf(error) }, error.message);
    },
    slsQueryFinished: (event) => logger.debug(event, 'SLS query finished'),
  };
}

/** The message at the root, where it says more than the error itself. */
function causeOf(error: AdapterError): string | undefined {
  return error.cause instanceof Error ? error.cause.message : undefined;
}
