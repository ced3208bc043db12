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
