import { expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createSlsLog } from '../../src/telemetry/sls-log.ts';

it('tells of an outage and of its end, in one line each, with the project and what to do', () => {
  const lines: unknown[] = [];
  const log = createSlsLog(createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) }));
  const error = new AdapterError('CredentialsRefused', 'InvalidAccessKeyId');
  log.circuitOpened({ project: 'p', error, openMs: 5000 });
  log.circuitClosed({ project: 'p' });
  expect(lines).toMatchObject([
    {
      level: 'warn',
      project: 'p',
      openMs: 5000,
      code: 'CredentialsRefused',
      msg: expect.stringMatching(/left alone.*: InvalidAccessKeyId\. Check the access key/) as unknown,
    },
    { level: 'info', project: 'p', msg: 'the project answers again' },
  ]);
});

it('tells of credentials that cannot be renewed, and until when those that are held are good', () => {
  const lines: unknown[] = [];
  const log = createSlsLog(createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) }));
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
    { level: 'info', identity, msg: 'credentials are renewed again' },
  ]);
});
