import type { Logger } from 'pino';
import type { SlsObserver } from '../sls/client.ts';
import type { GateObserver } from '../sls/project-gates.ts';

export interface SlsLog extends SlsObserver, GateObserver {}

/** What is logged of SLS. */
export function createSlsLog(logger: Logger): SlsLog {
  return {
    slsQueryFinished: (event) => logger.debug(event, 'SLS query finished'),
    circuitOpened: ({ error, ...event }) =>
      logger.warn(
        { ...event, code: error.code },
        `the project is left alone but for a probe now and then: ${error.message}`,
      ),
    circuitClosed: (event) => logger.info(event, 'the project answers again'),
  };
}
