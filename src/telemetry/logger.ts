import pino, { type DestinationStream, type Logger } from 'pino';
import { shortFields, shortMessage } from './short-text.ts';

/**
 * Returns a logger whose lines are cut to a few KiB, whatever they tell.
 *
 * @param destination gets JSON lines; by default standard error
 */
export function createLogger(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => shortFields(fields) },
      // `shortFields` has done it.
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(input, method) {
          const short = input.map((part: unknown) => (typeof part === 'string' ? shortMessage(part) : part));
          method.apply(this, short as typeof input);
        },
      },
    },
    destination,
  );
}

/**
 * Returns a function that lowers the log level to `debug`, and at the next call restores the configured one. A logger
 * that is configured to log `debug` goes to `trace`.
 */
export function levelToggle(logger: Logger): () => void {
  const configured = logger.level;
  const detailed = logger.isLevelEnabled('debug') ? 'trace' : 'debug';
  return () => {
    logger.level = logger.level === configured ? detailed : configured;
    logger.info({ logLevel: logger.level }, `The log level is now ${logger.level}`);
  };
}
