import { expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { fakeIo } from '../support/fake-io.ts';

async function policy(...argv: readonly string[]) {
  const fake = fakeIo();
  const code = await runProgram(argv, fake.io);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

it('ram-policy prints the policy that doctor prints for a missing right', async () => {
  const { code, stdout } = await policy('ram-policy', '--project', 'k8s-log-c1');
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['log:GetLogStoreLogs'],
          Resource: [
            'acs:log:*:*:project/k8s-log-c1',
            'acs:log:*:*:project/k8s-log-c1/logstore/nginx-ingress',
          ],
        },
      ],
    },
  ]);
});

it('trust-policy prints a trust policy for one ServiceAccount', async () => {
  const issuer = 'https://oidc.example.com/c1';
  const flags = ['--account-id', '12', '--cluster-id', 'c1', '--issuer', issuer];
  const { code, stdout } = await policy('trust-policy', ...flags, '--service-account', 'metrics/reader');
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    {
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Federated: ['acs:ram::12:oidc-provider/ack-rrsa-c1'] },
          Condition: {
            StringEquals: {
              'oidc:aud': 'sts.aliyuncs.com',
              'oidc:iss': issuer,
              'oidc:sub': 'system:serviceaccount:metrics:reader',
            },
          },
        },
      ],
    },
  ]);
});

it.each([
  [['ram-policy'], /required option '--project <project>' not specified/],
  [['trust-policy', '--account-id', '12'], /required option '--cluster-id <id>' not specified/],
])('%j says what is missing', async (argv, message) => {
  const { code, stderr } = await policy(...argv);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});
