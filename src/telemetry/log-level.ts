import type { Logger } from 'pino';

/**
 * Has the logger tell everything down to `debug`, and at the next call what it told before. Where it tells that much
 * anyway, `trace`.
 */
export function levelToggle(logger: Logger): () => void {
  const configured = logger.level;
  const talkative = logger.isLevelEnabled('debug') ? 'trace' : 'debug';
  return () => {
    logger.level = logger.level === configured ? talkative : configured;
    logger.info({ logLevel: logger.level }, 'the log level is another now');
  };
}
