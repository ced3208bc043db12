import { describe, expect, it } from 'vitest';
import { AdapterError, errorRegistry } from '../../src/errors.ts';
import { slsErrorRules } from '../../src/sls/sls-error-rules.ts';
import { replyError, unindexedField } from '../../src/sls/sls-error.ts';
import { address, credentials, denied, errorOf, headers, indexMessages } from './error-replies.ts';
import { expectWithin, processorMs } from '../support/own-time.ts';

const { searchIndex, numericIndex, sqlIndex, changedIndex, grouping } = indexMessages;

describe('the message of an error reply', () => {
  it('says where, what was wrong, and what to do; the cause has the whole text for the log', () => {
    const error = errorOf(401, 'Unauthorized', 'denied by ram. ');
    expect(error.message).toBe(
      `SLS, project p, logstore l: Unauthorized: denied by ram. ${errorRegistry.PermissionDenied.remedy}`,
    );
    expect(error.slsRequestId).toBe('R1');
    expect(error.cause).toEqual(new Error('SLS answered 401 Unauthorized: denied by ram'));
  });

  it('names the project alone if the failure is that of the whole project', () => {
    expect(errorOf(404, 'ProjectNotExist', '').what).toBe('SLS, project p: ProjectNotExist');
    expect(errorOf(404, 'LogStoreNotExist', '').what).toBe('SLS, project p, logstore l: LogStoreNotExist');
  });

  it.each([
    ['Signature d40d2b6736489ef22b0b407eda4125717d40fdb6 is not matched.', 'Signature … is not matched'],
    ['signature hCLPR0CF0MFKyQHBCD5GuX4wSqc= not match', 'signature … not match'],
    [
      'Request time Fri, 22 Jul 2022 03:30:07 GMT has been expired while server time is 2022-07-22T03:45:08Z.',
      'Request time … has been expired while server time is …',
    ],
    ['time 1658460607 of request 62DA0F7F1234567890ABCDEF', 'time … of request …'],
    [denied, denied],
    [
      'Project k8s-log-c0123456789abcdef0123456789abcdef',
      'Project k8s-log-c0123456789abcdef0123456789abcdef',
    ],
  ])('keeps of %j what stays the same from reply to reply', (errorMessage, expected) => {
    expect(errorOf(404, 'Code', errorMessage).what.replace(', logstore l', '')).toBe(
      `SLS, project p: Code: ${expected}`,
    );
    expect((errorOf(401, 'Code', errorMessage).cause as Error).message).toContain(
      errorMessage.replace(/\.$/, ''),
    );
  });

  it.each(slsErrorRules.flatMap(({ examples }) => examples))(
    'is one message for status %i, code %s and %j, whatever times, signatures and IDs SLS repeats',
    (statusCode, errorCode, text) => {
      const messages = Array.from({ length: 10 }, (_, n) => {
        const at = new Date(Date.UTC(2026, 0, 1, 0, 0, n));
        const id = (0x62_da_0f_7fn * 10n ** 19n + BigInt(n)).toString(16).toUpperCase().slice(0, 24);
        const changing = `signature ${'abcdef+/'.repeat(3)}${n}= STS.key${n} ${id} ${at.toUTCString()} ${at.toISOString()} ${at.getTime()}`;
        return errorOf(statusCode, errorCode, `${text} ${changing}`).message;
      });
      expect(new Set(messages).size).toBe(1);
    },
  );

  it('shows the status if SLS sent no code', () => {
    const reply = { statusCode: 502, headers: {}, body: Buffer.from('{}') };
    expect(replyError(reply, address, credentials).what).toBe('SLS, project p: HTTP 502');
  });

  it('says that a body is not JSON, and repeats nothing of it', () => {
    const reply = { statusCode: 404, headers, body: Buffer.from('<html>planted</html>') };
    expect(replyError(reply, address, credentials).what).toBe(
      'SLS, project p: HTTP 404: the body is not the JSON that SLS documents',
    );
  });

  it('never contains the secret or the security token, even if SLS repeats them', () => {
    const { what, cause } = errorOf(401, 'SignatureNotMatch', 'signed planted-secret with planted-token');
    expect(what).toBe('SLS, project p: SignatureNotMatch: signed *** with ***');
    expect(String(cause)).not.toContain('planted');
  });

  it.each(slsErrorRules.flatMap(({ examples }) => examples))(
    'never contains an ID of a key after status %i, code %s and %j',
    (statusCode, errorCode, text) => {
      const ids = ['planted-id', 'LTAI5tPlantedByAnother', 'STS.NUg7pPlanted', 'TMP.3KplantedPlanted'];
      const said = `${text} Credential=${ids.join('/20260101, AccessKeyId: ')}; ${encodeURIComponent('planted-id')}`;
      const { message, cause } = errorOf(statusCode, errorCode, said);
      expect(`${message} ${String(cause)}`).not.toMatch(/planted/i);
      expect(String(cause)).toContain('Credential=***');
    },
  );

  it.each(['server string to sign is:', 'The string to sign is ', 'canonical request: '])(
    'ends before what was signed (%j)',
    (words) => {
      const said = `signature x not match, ${words}POST\n1\nx-acs-security-token:planted\n/logstores/l`;
      const { what, cause } = errorOf(401, 'SignatureNotMatch', said);
      expect(what).toMatch(/: SignatureNotMatch: signature x not match$/);
      expect(String(cause)).not.toContain('planted');
    },
  );

  it('is not garbled by a short secret, such as a local SLS takes', () => {
    const body = Buffer.from(JSON.stringify({ errorCode: 'Code', errorMessage: 'too many' }));
    const short = { accessKeyId: 'any', accessKeySecret: 'any', securityToken: 'o' };
    expect(replyError({ statusCode: 404, headers, body }, address, short).what).toMatch(/: Code: too many$/);
  });

  it('takes no time for a message of a megabyte', () => {
    let length = 0;
    const read = () => (length = errorOf(401, 'Code', ' ,'.repeat(500_000)).what.length);
    expectWithin(processorMs(read), 500);
    expect(length).toBeLessThan(1100);
  });

  it('cuts a message that repeats a long query', () => {
    expect(errorOf(400, 'ParameterInvalid', 'x'.repeat(1e6)).what).toHaveLength(
      'SLS, project p, logstore l: ParameterInvalid: '.length + 1000,
    );
  });
});

describe('unindexedField', () => {
  const fieldOf = (message: string) => unindexedField(errorOf(400, 'ParameterInvalid', message));

  it.each([
    [searchIndex, 'host'],
    [numericIndex, 'request_time'],
    [sqlIndex, 'host'],
    [changedIndex, 'host'],
    [grouping, undefined],
    ['syntax error', undefined],
  ])('finds in %j: %s', (message, field) => {
    expect(fieldOf(message)).toBe(field);
  });

  it('ignores errors with another code', () => {
    expect(unindexedField(new AdapterError('SlsUnavailable', searchIndex))).toBeUndefined();
  });
});
