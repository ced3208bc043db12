import type { Logger } from 'pino';
import type { SlsObserver } from '../sls/client.ts';
import type { CredentialObserver } from '../sls/credentials/renewed-credentials.ts';
import type { GateObserver } from '../sls/project-gates.ts';

export interface SlsLog extends SlsObserver, GateObserver, CredentialObserver {}

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
    credentialsFailing: ({ error, expiresAtMs, ...event }) =>
      logger.warn(
        {
          ...event,
          code: error.code,
          expires: expiresAtMs === undefined ? undefined : new Date(expiresAtMs).toISOString(),
        },
        `credentials cannot be renewed; those that are held are used for now: ${error.message}`,
      ),
    credentialsRecovered: (event) => logger.info(event, 'credentials are renewed again'),
  };
}
