import type { Logger } from 'pino';
import { errorRegistry, type AdapterError } from '../errors.ts';
import { RepeatLimiter } from './repeat-limiter.ts';
import type { Telemetry } from './telemetry.ts';

export function createEventLog(logger: Logger): Telemetry {
  const repeats = new RepeatLimiter();
  return {
    ...serverLines(logger, repeats),
    ...kubeLines(logger, repeats),
    ...readingLines(logger),
    ...slsLines(logger),
  };
}

function serverLines(logger: Logger, limiter: RepeatLimiter) {
  return {
    started: (event) => logger.info(event, 'The adapter is serving'),
    stopping: (event) => logger.info(event, 'The adapter is stopping'),
    servingPairReplaced: () => logger.info('New connections get the new serving certificate'),
    servingPairUnusable: (error) =>
      logger.error(
        { code: error.code, cause: causeOf(error) },
        `The serving certificate was not replaced: ${error.message}`,
      ),
    connectionEvicted: ({ holder, held, most }) =>
      limiter.log('connectionEvicted', (repeats) =>
        logger.warn(
          { holder, held, most, repeats },
          'A connection was closed because too many are open; this client holds the most',
        ),
      ),
    acceptFailed: ({ message }) =>
      limiter.log('acceptFailed', (repeats) =>
        logger.error({ cause: message, repeats }, 'A new connection could not be accepted'),
      ),
    requestRefused: ({ error, ...event }) => {
      // Faults of the adapter itself are told apart by their cause. Other errors are alike whatever the path is.
      const key = JSON.stringify([error.code, error.code === 'Internal' && causeOf(error)]);
      limiter.log(key, (repeats) => logFailure(logger, error, { ...event, repeats }));
    },
    readFinished: (event) => {
      // Decoding what was asked for costs as much as the read itself, and nearly every read succeeds.
      if (event.error === undefined && !logger.isLevelEnabled('debug')) return;
      const {
        read: { namespace, metric, selector },
        error,
        ...rest
      } = event;
      const line = { namespace, metric, selector, ...rest };
      if (error === undefined) {
        logger.debug(line, 'A reading was served');
        return;
      }
      const key = JSON.stringify([namespace, metric, selector, error.code]);
      limiter.log(key, (repeats) => logFailure(logger, error, { ...line, repeats }));
    },
  } satisfies Partial<Telemetry>;
}

function kubeLines(logger: Logger, limiter: RepeatLimiter) {
  return {
    listed: (event) => logger.debug(event, 'A collection was listed from the API server'),
    watchEnded: (event) => {
      const level = event.reason === 'failed' || event.reason === 'silent' ? 'warn' : 'debug';
      logger[level](event, 'A watch of the API server ended and will be restarted');
    },
    objectAbsent: (event) =>
      logger.warn(event, 'The watched object does not exist; its last value stays in use'),
    configLoaded: (event) => logger.info(event, 'The authentication configuration was loaded'),
    configMalformed: (event) =>
      logger.error(
        event,
        'ConfigMap kube-system/extension-apiserver-authentication is malformed; its last good value stays in use',
      ),
    reviewFailed: (event) =>
      limiter.log(event.kind, (repeats) =>
        logger.warn({ ...event, repeats }, 'A review got no answer from the API server'),
      ),
    apiServiceUpdated: (event) => logger.info(event, 'The caBundle of the APIService was updated'),
    apiServiceForeign: (event) =>
      logger.error(event, 'The APIService belongs to another provider and is left unchanged'),
    apiServiceFailed: (event) => logger.warn(event, 'The APIService could not be read or updated'),
    autoscalersOn: (event) =>
      logger.info(event, 'HPAs are watched; the metrics that they name are kept fresh'),
    autoscalersOff: (event) =>
      logger.warn(event, `HPAs are not watched; ${autoscalersOffRemedies[event.reason]}`),
  } satisfies Partial<Telemetry>;
}

const autoscalersOffRemedies = {
  forbidden:
    'grant get, list and watch on horizontalpodautoscalers of group autoscaling, so that the metrics that they name are kept fresh',
  unserved:
    'the cluster serves neither autoscaling/v2 nor v2beta2, so only metrics that are read are kept fresh',
} as const;

function readingLines(logger: Logger) {
  const warnOfOldReadings = warning(
    logger,
    'Readings are not refreshed; the last good ones are served for now',
  );
  const warnOfNoReadings = warning(logger, 'Readings fail, and there is no earlier one to serve');
  return {
    batchSent: (event) => logger.trace(event, 'One query is sent for a batch of series'),
    refreshFailing: (event) => (event.served > 0 ? warnOfOldReadings : warnOfNoReadings)(event),
    refreshRecovered: (event) => logger.info(event, 'Readings are refreshed again'),
    delayLearned: (event) =>
      event.saturated
        ? logger.warn(
            event,
            'Log lines arrive later than reading.delay.mostSeconds, so readings may be too low',
          )
        : logger.info(event, 'The learned delay of a logstore changed'),
    probeFailing: warning(
      logger,
      'The delay of log lines cannot be measured; the learned delay stays in use',
    ),
    probeRecovered: (event) => logger.info(event, 'The delay of log lines is measured again'),
    windowShrunk: (event) => logger.debug(event, 'Requests rise, so a reading is of a shorter window'),
    silenceBegan: (event) =>
      logger.warn(
        { ...event, code: 'LogstoreSilent' },
        'A logstore stopped at once, so its readings fail until lines come or 0 is believed: the collector or the ingress controller may be down',
      ),
    silenceBelieved: (event) =>
      logger.warn(
        event,
        'A logstore that stopped has had no line for so long that its readings are 0 from now on',
      ),
    silenceEnded: (event) => logger.warn(event, 'A silent logstore has lines again'),
    heartbeatChanged: (event) =>
      logger[heartbeatLines[event.state].level](event, heartbeatLines[event.state].text),
    heartbeatSent: () => undefined,
  } satisfies Partial<Telemetry>;
}

const heartbeatLines = {
  proving: { level: 'info', text: 'Lines of heartbeats are found, so that silence is certain' },
  waiting: { level: 'info', text: 'No line of a heartbeat is found yet' },
  failing: {
    level: 'warn',
    text: 'Heartbeats get no answer, so they prove nothing; silence is judged by the rate of lines',
  },
  unlogged: {
    level: 'error',
    text: 'The heartbeat is not logged in this logstore, where other lines come, so it proves nothing: correct heartbeat.url, heartbeat.project and heartbeat.logstore, or have the ingress log its requests',
  },
  unindexed: {
    level: 'error',
    text: 'The field http_user_agent has no index in the logstore of the heartbeat, so queries cannot leave out heartbeats and none is sent: add the field to the index',
  },
} as const;

function slsLines(logger: Logger) {
  const warnOfRenewal = warning(logger, 'Credentials cannot be renewed; the current ones are used for now');
  return {
    slsQueryFinished: (event) => logger.debug(event, 'SLS query finished'),
    circuitOpened: warning(
      logger,
      'The circuit of the project opened; only probes are sent until one succeeds',
    ),
    circuitClosed: (event) => logger.info(event, 'The circuit of the project closed; queries are sent again'),
    credentialsFailing: ({ expiresAtMs, ...event }) =>
      warnOfRenewal({
        ...event,
        expires: expiresAtMs === undefined ? undefined : new Date(expiresAtMs).toISOString(),
      }),
    credentialsRecovered: (event) => logger.info(event, 'Credentials are renewed again'),
  } satisfies Partial<Telemetry>;
}

/** Returns a listener that logs a warning: what it means, then why. */
const warning =
  (logger: Logger, meaning: string) =>
  ({ error, ...event }: { readonly error: AdapterError; readonly expires?: string | undefined }): void =>
    logger.warn({ ...event, ...detailsOf(error) }, `${meaning}: ${error.message}`);

function logFailure(logger: Logger, error: AdapterError, event: object): void {
  const { code, message } = error;
  const level = errorRegistry[code].logLevel;
  if (level === 'error') logger.error({ ...event, code, err: error.cause }, message);
  else if (level === 'debug') logger.debug({ ...event, code }, message);
  else logger.warn({ ...event, ...detailsOf(error) }, message);
}

/** What the message leaves out because it differs each time that the failure repeats. */
const detailsOf = (error: AdapterError) => ({
  code: error.code,
  slsRequestId: error.slsRequestId,
  cause: causeOf(error),
});

/** The message of the root cause, which may say more than the error itself. */
function causeOf(error: AdapterError): string | undefined {
  return error.cause instanceof Error ? error.cause.message : undefined;
}
