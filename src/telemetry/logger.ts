import pino, { type DestinationStream, type Logger } from 'pino';
import type { AppObserver } from '../api/server/app.ts';
import type { ServingObserver } from '../api/server/serving-pair-keeper.ts';
import type { ReadObserver } from '../api/read/external-metrics.ts';
import type { AdapterError } from '../errors.ts';
import type { KubeObserver } from '../kube/client/kube-observer.ts';
import { FoldedFailures } from './folded-failures.ts';
import { createKubeLog } from './kube-log.ts';
import { createReadingLog, type ReadingLog } from './reading-log.ts';
import { createSlsLog, type SlsLog } from './sls-log.ts';

/** Everything that the adapter logs, one function an event. */
export interface Telemetry
  extends AppObserver, ReadObserver, ServingObserver, KubeObserver, ReadingLog, SlsLog {
  started(event: {
    readonly url: string;
    /** Undefined: there is none. */
    readonly telemetryUrl: string | undefined;
    readonly slsEndpoint: string;
    readonly authentication: string;
    readonly durationMs: number;
  }): void;
  stopping(event: { readonly reason: string; readonly delaySeconds: number }): void;
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
  const failures = new FoldedFailures();
  return {
    ...createKubeLog(logger, failures),
    ...createReadingLog(logger),
    ...createSlsLog(logger),
    started: (event) => logger.info(event, 'serving'),
    stopping: (event) => logger.info(event, 'stopping'),
    servingPairReplaced: () => logger.info('new connections get the new serving certificate'),
    servingPairUnusable: (error) =>
      logger.error(
        { code: error.code, cause: causeOf(error) },
        `the serving certificate stays: ${error.message}`,
      ),
    requestRefused: ({ error, ...event }) => {
      // Of our own faults each is another; the rest is alike whatever path was asked for.
      const key = JSON.stringify([error.code, error.code === 'Internal' && causeOf(error)]);
      failures.tell(key, (repeats) => logFailure(logger, error, { ...event, repeats }));
    },
    readFinished: (event) => {
      // To say what was asked for costs as much as the read, which nearly always goes well.
      if (event.error === undefined && !logger.isLevelEnabled('debug')) return;
      const {
        read: { namespace, metric, selector },
        error,
        ...rest
      } = event;
      const told = { namespace, metric, selector, ...rest };
      if (error === undefined) {
        logger.debug(told, 'reading served');
        return;
      }
      const key = JSON.stringify([namespace, metric, selector, error.code]);
      failures.tell(key, (repeats) => logFailure(logger, error, { ...told, repeats }));
    },
  };
}

/** Whoever asked wrongly has been told; what the operator can mend is a warning, a fault of ours an error. */
function logFailure(logger: Logger, error: AdapterError, event: object): void {
  const { code, message, httpStatus, slsRequestId } = error;
  if (code === 'Internal') logger.error({ ...event, code, err: error.cause }, message);
  else if (code === 'Canceled' || isRefusal(httpStatus)) logger.debug({ ...event, code }, message);
  else logger.warn({ ...event, code, slsRequestId, cause: causeOf(error) }, message);
}

/** Unlike a 400 or 404, which an HPA goes on meeting until somebody mends its labels. */
const isRefusal = (httpStatus: number) => [401, 403, 405, 406, 429].includes(httpStatus);

/** The message at the root, where it says more than the error itself. */
function causeOf(error: AdapterError): string | undefined {
  return error.cause instanceof Error ? error.cause.message : undefined;
}
