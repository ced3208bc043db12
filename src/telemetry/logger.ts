import pino, { type DestinationStream, type Logger } from 'pino';

/** @param destination gets JSON lines; by default standard error */
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
