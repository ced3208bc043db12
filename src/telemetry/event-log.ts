import type { Logger } from 'pino';
import { errorRegistry, type AdapterError } from '../errors.ts';
import { RepeatLimiter, type Line, type LineKind } from './repeat-limiter.ts';
import type { Telemetry } from './telemetry.ts';

export function createEventLog(logger: Logger): Telemetry {
  const limiter = new RepeatLimiter(({ level, fields, message }, repeats) =>
    logger[level]({ ...fields, repeats }, message),
  );
  /** Logs a line, or counts it if lines of its kind were logged lately. What is not logged takes no room. */
  const log: LogKind = (kind, line) => {
    if (logger.isLevelEnabled(line.level)) limiter.log(kind, line);
  };
  return {
    ...serverLines(logger, log),
    ...kubeLines(logger, log),
    ...readingLines(logger, log),
    ...slsLines(logger, log),
  };
}

type LogKind = (kind: LineKind, line: Line) => void;

function serverLines(logger: Logger, log: LogKind) {
  return {
    started: (event) => logger.info(event, 'The adapter is serving'),
    accessRuleReopened: (event) =>
      logger.warn(
        event,
        'An access rule narrows nothing for these namespaces, since another rule allows more',
      ),
    stopping: (event) => logger.info(event, 'The adapter is stopping'),
    servingPairReplaced: () => logger.info('New connections get the new serving certificate'),
    servingPairUnusable: (error) =>
      logger.error(
        { code: error.code, cause: causeOf(error) },
        `The serving certificate was not replaced: ${error.message}`,
      ),
    connectionEvicted: repeated(
      log,
      'warn',
      'A connection was closed because too many are open; this client holds the most',
    ),
    filesExhausted: repeated(
      log,
      'error',
      'The process may open no more files, so new connections fail; raise its limit of open files (ulimit -n). It keeps fewer connections until it starts again',
    ),
    requestRefused: ({ error, ...event }) => {
      // Faults of the adapter itself are told apart by their cause. Other errors are alike whatever the path is.
      const cause = error.code === 'Internal' ? [causeOf(error) ?? ''] : [];
      log({ group: 'requests', parts: [error.code, ...cause] }, failureLine(error, event));
    },
    readFinished: (event) => {
      // Decoding what was asked for costs as much as the read itself, and nearly every read succeeds.
      if (event.error === undefined && !logger.isLevelEnabled('debug')) return;
      const {
        read: { namespace, metric, selector },
        error,
        user,
        ...rest
      } = event;
      const line = { namespace, metric, selector, ...rest };
      if (error === undefined) {
        logger.debug(line, 'A reading was served');
        return;
      }
      // A client may send any number of selectors, and of names that no metric has.
      const parts = [error.code, error.code === 'MetricUnknown' ? '' : metric];
      log({ group: `reads of ${namespace}`, parts, user }, failureLine(error, line));
    },
  } satisfies Partial<Telemetry>;
}

function kubeLines(logger: Logger, log: LogKind) {
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
    reviewFailed: repeated(log, 'warn', 'A review got no answer from the API server', 'kind'),
    apiServiceUpdated: (event) => logger.info(event, 'The caBundle of the APIService was updated'),
    apiServiceForeign: repeated(
      log,
      'error',
      'The APIService belongs to another provider and is left unchanged',
      'owner',
    ),
    apiServiceFailed: (event) => logger.warn(event, 'The APIService could not be read or updated'),
    autoscalersOn: (event) => logger.info(event, 'HPAs are watched for the status page'),
    autoscalerCut: repeated(
      log,
      'warn',
      'An HPA names more external metrics than the status page shows',
      'namespace',
      'name',
    ),
    autoscalersOff: (event) =>
      logger.warn(event, `HPAs are not watched; ${autoscalersOffRemedies[event.reason]}`),
  } satisfies Partial<Telemetry>;
}

const autoscalersOffRemedies = {
  forbidden:
    'grant list and watch on horizontalpodautoscalers of group autoscaling, so that the status page shows them',
  unserved: 'the cluster serves neither autoscaling/v2 nor v2beta2, so the status page shows no HPAs',
} as const;

function readingLines(logger: Logger, log: LogKind) {
  const warnOfOldReadings = warning(log, 'Readings are not refreshed; the last good ones are served for now');
  const warnOfNoReadings = warning(log, 'Readings fail, and there is no earlier one to serve');
  const warnOfLateLines = notice(
    log,
    'warn',
    'Log lines arrive later than reading.delay.mostSeconds, so readings may be too low',
  );
  const tellDelay = notice(log, 'info', 'The learned delay of a logstore changed');
  const warnOfSilence = notice(
    log,
    'warn',
    'A logstore stopped at once, so its readings fail until lines come or 0 is believed: the collector or the ingress controller may be down',
  );
  return {
    batchSent: (event) => logger.trace(event, 'One query is sent for a batch of series'),
    refreshFailing: (event) => (event.served > 0 ? warnOfOldReadings : warnOfNoReadings)(event),
    refreshRecovered: notice(log, 'info', 'Readings are refreshed again'),
    delayLearned: (event) => (event.saturated ? warnOfLateLines : tellDelay)(event),
    probeFailing: warning(log, 'The delay of log lines cannot be measured; the learned delay stays in use'),
    probeRecovered: notice(log, 'info', 'The delay of log lines is measured again'),
    historyCounted: notice(log, 'info', 'The history of forecasts is counted'),
    historyFailing: warning(log, 'The history of forecasts cannot be counted'),
    windowShrunk: (event) => logger.debug(event, 'Requests rise, so a reading is of a shorter window'),
    silenceBegan: (event) => warnOfSilence({ ...event, code: 'LogstoreSilent' }),
    silenceBelieved: notice(
      log,
      'warn',
      'A logstore that stopped has had no line for so long that its readings are 0 from now on',
    ),
    silenceEnded: notice(log, 'warn', 'A silent logstore has lines again'),
    heartbeatChanged: (event) =>
      logger[heartbeatLines[event.state].level](event, heartbeatLines[event.state].text),
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

function slsLines(logger: Logger, log: LogKind) {
  return {
    slsQueryFinished: (event) => logger.debug(event, 'SLS query finished'),
    circuitOpened: warning(log, 'The circuit of the project opened; only probes are sent until one succeeds'),
    circuitClosed: notice(log, 'info', 'The circuit of the project closed; queries are sent again'),
    credentialsFailing: ({ identity, expiresAtMs, error }) => {
      const expires = expiresAtMs === undefined ? undefined : new Date(expiresAtMs).toISOString();
      logger.warn(
        { identity, expires, ...detailsOf(error) },
        `Credentials cannot be renewed; the current ones are used for now: ${error.message}`,
      );
    },
    credentialsRecovered: (event) => logger.info(event, 'Credentials are renewed again'),
  } satisfies Partial<Telemetry>;
}

/** What an event is about. HPAs name projects and logstores, so there may be any number. */
interface AboutLogstore {
  readonly project: string;
  readonly logstore?: string | undefined;
  readonly code?: string;
}

type ToldField = 'kind' | 'owner' | 'namespace' | 'name' | 'project' | 'logstore';

/** Returns a listener that logs a line. Events that differ in one of these fields are of different kinds. */
const repeated =
  (log: LogKind, level: Line['level'], message: string, ...told: readonly ToldField[]) =>
  (event: object): void => {
    const values: Readonly<Partial<Record<ToldField, string>>> = event;
    const parts = told.map((field) => values[field] ?? '');
    log({ group: message, parts }, { level, fields: event, message });
  };

const notice = (log: LogKind, level: Line['level'], message: string) =>
  repeated(log, level, message, 'project', 'logstore');

/** Returns a listener that logs a warning: what it means, then why. */
const warning =
  (log: LogKind, meaning: string) =>
  ({ error, ...event }: AboutLogstore & { readonly error: AdapterError }): void =>
    log(
      { group: `${meaning} ${error.code}`, parts: [event.project, event.logstore ?? ''] },
      { level: 'warn', fields: { ...event, ...detailsOf(error) }, message: `${meaning}: ${error.message}` },
    );

function failureLine(error: AdapterError, event: object): Line {
  const { code, message } = error;
  const level = errorRegistry[code].logLevel;
  if (level === 'error') return { level, fields: { ...event, code, err: error.cause }, message };
  return { level, fields: { ...event, ...(level === 'debug' ? { code } : detailsOf(error)) }, message };
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
