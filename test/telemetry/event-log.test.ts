import { expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { createEventLog } from '../../src/telemetry/event-log.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

function recordingLog() {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const logger = createLogger('info', {
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { lines, log: createEventLog(logger) };
}

it('names the rights to grant when the adapter may not read HPAs', () => {
  const { lines, log } = recordingLog();
  log.autoscalersOff({
    namespace: 'shop',
    reason: 'forbidden',
    message: 'GET … answered 403',
    retryInMs: 20_000,
  });
  expect(lines).toMatchObject([
    {
      level: 'warn',
      namespace: 'shop',
      message: 'GET … answered 403',
      msg:
        'HPAs are not watched; grant list and watch on horizontalpodautoscalers of group autoscaling, ' +
        'so that the status page shows them',
    },
  ]);
});

it('warns at the start of an access rule that narrows nothing', () => {
  const { lines, log } = recordingLog();
  log.accessRuleReopened({ rule: 'team', openedBy: 'all', namespaces: ['team'] });
  expect(lines).toMatchObject([
    {
      level: 'warn',
      rule: 'team',
      openedBy: 'all',
      msg: expect.stringContaining('narrows nothing') as string,
    },
  ]);
});

it('logs when the cluster serves no version of HPAs that can be read, and when HPAs are watched', () => {
  const { lines, log } = recordingLog();
  log.autoscalersOff({ namespace: undefined, reason: 'unserved', message: 'no version', retryInMs: 20_000 });
  log.autoscalersOn({ namespace: undefined, version: 'v2', withExternalMetrics: 3 });
  expect(lines).toMatchObject([
    { level: 'warn', msg: expect.stringContaining('neither autoscaling/v2 nor v2beta2') as string },
    { level: 'info', version: 'v2', withExternalMetrics: 3 },
  ]);
});

it('says that old readings are served only if there are any', () => {
  const { lines, log } = recordingLog();
  const cause = new Error('SLS answered 404 ProjectNotExist: all of it');
  const error = new AdapterError('ProjectNotFound', 'no such project', { cause, slsRequestId: 'R1' });
  const event = { project: 'p', logstore: 'l', namespace: 'shop', failed: 2, wanted: 2, error };
  log.refreshFailing({ ...event, served: 0 });
  log.refreshFailing({ ...event, served: 1 });
  const details = { level: 'warn', code: 'ProjectNotFound', slsRequestId: 'R1', cause: cause.message };
  expect(lines).toMatchObject([
    {
      ...details,
      msg: expect.stringMatching(/^Readings fail, and there is no earlier one to serve: no/) as unknown,
    },
    {
      ...details,
      msg: expect.stringMatching(/the last good ones are served for now: no such project/) as unknown,
    },
  ]);
});

it('logs one line when an SLS outage begins and one when it ends, with the project and the remedy', () => {
  const { lines, log } = recordingLog();
  const error = new AdapterError('CredentialsRefused', 'InvalidAccessKeyId');
  log.circuitOpened({ project: 'p', error, openMs: 5000 });
  log.circuitClosed({ project: 'p' });
  expect(lines).toMatchObject([
    {
      level: 'warn',
      project: 'p',
      openMs: 5000,
      code: 'CredentialsRefused',
      msg: expect.stringMatching(
        /only probes are sent.*: InvalidAccessKeyId\. Check the access key/,
      ) as unknown,
    },
    {
      level: 'info',
      project: 'p',
      msg: 'The circuit of the project closed; queries are sent again',
    },
  ]);
});

it('logs credentials that cannot be renewed, with the time when the current ones expire', () => {
  const { lines, log } = recordingLog();
  const error = new AdapterError('CredentialsMissing', 'STS is down');
  const identity = 'rrsa';
  log.credentialsFailing({ identity, expiresAtMs: Date.UTC(2026, 0, 2), error });
  log.credentialsFailing({ identity, expiresAtMs: undefined, error });
  log.credentialsRecovered({ identity });
  const code = 'CredentialsMissing';
  const msg = expect.stringMatching(/cannot be renewed.*: STS is down\. /) as unknown;
  expect(lines).toMatchObject([
    { level: 'warn', identity, code, expires: '2026-01-02T00:00:00.000Z', msg },
    { level: 'warn', identity, code, msg },
    { level: 'info', identity, msg: 'Credentials are renewed again' },
  ]);
});
