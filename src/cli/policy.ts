import { ramPolicy } from '../doctor/logstore-checks.ts';
import type { Io } from './io.ts';

export interface RamPolicyOptions {
  readonly project: string;
  readonly logstore: string;
}

/** Prints the RAM policy with which an identity may query a logstore, and nothing else. */
export function printRamPolicy(options: RamPolicyOptions, io: Io): void {
  io.stdout.write(`${ramPolicy(options)}\n`);
}

export interface TrustPolicyOptions {
  readonly accountId: string;
  readonly clusterId: string;
  readonly issuer: string;
  /** `{namespace}/{name}`. */
  readonly serviceAccount: string;
}

/**
 * Prints the trust policy of a RAM role that the pods of one ServiceAccount may assume. Source: ACK, "Use RRSA to authorize
 * different pods to access different cloud services".
 */
export function printTrustPolicy(
  { accountId, clusterId, issuer, serviceAccount }: TrustPolicyOptions,
  io: Io,
): void {
  const statement = {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Federated: [`acs:ram::${accountId}:oidc-provider/ack-rrsa-${clusterId}`] },
    Condition: {
      StringEquals: {
        'oidc:aud': 'sts.aliyuncs.com',
        'oidc:iss': issuer,
        'oidc:sub': `system:serviceaccount:${serviceAccount.replace('/', ':')}`,
      },
    },
  };
  io.stdout.write(`${JSON.stringify({ Version: '1', Statement: [statement] }, null, 2)}\n`);
}
