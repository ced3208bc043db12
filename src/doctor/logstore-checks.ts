import type { AdapterError, ErrorCode } from '../errors.ts';
import { failed, ok, warn, type Finding } from './check.ts';
import { findingOf, type DoctorCheck, type Examination } from './examination.ts';
import { probeLogstore } from './survey.ts';

/** A point at which SLS may stop a query: it looks at these one after the other, so that one query tells of all. */
interface Step {
  readonly id: string;
  readonly what: string;
  readonly codes: readonly ErrorCode[];
  readonly passed: (examination: Examination) => Finding;
  readonly stopped: (error: AdapterError, examination: Examination) => Finding;
}

/** SLS says `Unauthorized` of a token that it does not take as well as of a right that is not there. */
const isOfToken = ({ code, what }: AdapterError) =>
  code === 'PermissionDenied' && /security ?token/i.test(what);

const steps: readonly Step[] = [
  {
    id: 'access-key',
    what: 'Whether SLS takes the key, its signature and its token',
    codes: ['CredentialsRefused'],
    passed: () => ok('SLS does not refuse it'),
    stopped: ({ what }) => failed(what, keyRemedy(what)),
  },
  {
    id: 'project',
    what: 'Whether the project is there, in that region',
    codes: ['ProjectNotFound'],
    passed: ({ facts }) => ok(facts.get('target').address.project),
    stopped: ({ what }, { facts }) => {
      const { endpoint: url, region = 'REGION' } = facts.get('config').sls;
      const { project } = facts.get('target').address;
      const place = url === undefined ? `region ${region}` : `the region of ${url}`;
      const remedy = `Correct sls.project, or the region: there is no ${project} in ${place}. On ACK it is k8s-log-{cluster ID}, in the region of the cluster; the SLS console shows it.`;
      return failed(what, remedy, '--region cn-hangzhou --selector sls.project=k8s-log-CLUSTER_ID,…');
    },
  },
  {
    id: 'permission',
    what: 'Whether the RAM identity may query the logstore',
    codes: ['PermissionDenied'],
    passed: () => ok('log:GetLogStoreLogs is allowed'),
    stopped: ({ what }, { facts }) =>
      failed(
        what,
        'Attach this policy to the RAM user or role of the adapter:',
        ramPolicy(facts.get('target').address),
      ),
  },
  {
    id: 'logstore',
    what: 'Whether the logstore is there',
    codes: ['LogstoreNotFound'],
    passed: ({ facts }) => ok(facts.get('target').address.logstore),
    stopped: ({ what }, { facts }) =>
      failed(
        what,
        `Correct sls.logstore. Where ${facts.get('target').address.project} has none of the kind, switch on the access log of the ingress controller (on ACK: install component ack-log or logtail-ds); ACK calls it:`,
        'sls.logstore=nginx-ingress',
      ),
  },
  {
    id: 'sql-queue',
    what: 'Whether SLS has a slot for the query',
    codes: ['SlsThrottled'],
    passed: ({ facts }) => {
      const probe = facts.get('probe');
      if (probe.error !== undefined || probe.throttled === 0) return ok('a query ran at once');
      return warn(`a query ran at try ${probe.throttled + 1}: SLS runs as many as it may`, queueRemedy);
    },
    stopped: ({ what }) => failed(what, queueRemedy),
  },
  {
    id: 'index',
    what: 'Whether the logstore has an index',
    codes: ['IndexMissing'],
    passed: () => ok('queries with SQL run'),
    stopped: ({ what }) =>
      failed(
        what,
        'Switch on the index of the logstore, with statistics: SLS console, the logstore, Query & Analysis Attributes. Only lines from then on are in it.',
      ),
  },
];

const queueRemedy =
  'SLS runs 15 SQL queries at a time in a project, for all who ask. Find who else asks (dashboards, alerts), lower sls.maxConcurrentQueries, or enable dedicated SQL for the project.';

/** One query for all; only what is none of the steps' is its own. */
const query: DoctorCheck = {
  id: 'query',
  what: 'Whether SLS answers a signed query at all',
  after: ['credentials', 'clock'],
  deadlineMs: 60_000,
  run: async (examination, signal) => {
    const probe = await probeLogstore(examination, signal);
    examination.facts.learn({ probe });
    const { error } = probe;
    if (error === undefined) return ok('SLS answers');
    if (stepOf(error) < 0) return findingOf(error);
    return ok('SLS answers, with a refusal');
  },
};

const stepOf = (error: AdapterError): number =>
  isOfToken(error) ? 0 : steps.findIndex(({ codes }) => codes.includes(error.code));

/** From the first signed query to one that runs. */
export const logstoreChecks: readonly DoctorCheck[] = [
  query,
  ...steps.map(({ id, what, passed, stopped }, index): DoctorCheck => ({
    id,
    what,
    after: [steps[index - 1]?.id ?? query.id],
    run: (examination) => {
      const { error } = examination.facts.get('probe');
      const isStopped = error !== undefined && stepOf(error) === index;
      return isStopped ? stopped(error, examination) : passed(examination);
    },
  })),
];

function keyRemedy(what: string): string {
  if (what.includes('SignatureNotMatch'))
    return 'The secret is not that of the key ID: write ALIBABA_CLOUD_ACCESS_KEY_SECRET again, without quotes or spaces around it.';
  if (/token/i.test(what))
    return 'The token of the temporary key has expired or is none: get a new one, or use a source that renews it (RRSA, an ECS role) rather than ALIBABA_CLOUD_SECURITY_TOKEN.';
  if (what.includes('InvalidAccessKeyId'))
    return 'There is no such key ID, or it is disabled or deleted: look for it in the RAM console, or make a new key.';
  return 'Check the access key of the adapter: it may be deleted, disabled, expired or mistyped.';
}

/** Least privilege. Source: RAM, "Policy structure"; SLS, "Actions". */
export function ramPolicy({
  project,
  logstore,
}: {
  readonly project: string;
  readonly logstore: string;
}): string {
  const statement = {
    Effect: 'Allow',
    Action: ['log:GetLogStoreLogs'],
    Resource: [`acs:log:*:*:project/${project}/logstore/${logstore}`],
  };
  return JSON.stringify({ Version: '1', Statement: [statement] }, null, 2);
}
