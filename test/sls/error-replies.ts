import { replyError } from '../../src/sls/sls-error.ts';

export const address = { project: 'p', logstore: 'l' };
export const credentials = {
  accessKeyId: 'planted-id',
  accessKeySecret: 'planted-secret',
  securityToken: 'planted-token',
};
export const headers = { 'x-log-requestid': 'R1' };

/** Returns the error of a reply whose body is the documented JSON. */
export const errorOf = (statusCode: number, errorCode?: string, errorMessage = 'text of SLS') =>
  replyError(
    { statusCode, headers, body: Buffer.from(JSON.stringify({ errorCode, errorMessage })) },
    address,
    credentials,
  );

export const denied =
  'denied by sts or ram, action: log:GetLogStoreLogs, resource: acs:log:cn-x:1:project/p/logstore/l';

export const indexMessages = {
  searchIndex: 'key (host) is not config as key value config,if symbol : is in your log,please wrap it',
  numericIndex: 'key (request_time) is not config as numberic column',
  sqlIndex: "line 1:44: Column 'host' cannot be resolved;please add the column in the index attribute",
  changedIndex:
    "Column 'host' no longer exists or type mismatch;please add the column in the index attribute",
  grouping: "Column 'host' not in GROUP BY clause;please add the column in the index attribute",
};
