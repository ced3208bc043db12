import { type AdapterError, type ErrorCode, errorRegistry } from '../errors.ts';
import type { LogstoreAddress } from '../sls/endpoint.ts';
import { failed, ok, warn, type Finding } from './check.ts';
import { findingOf, type DoctorCheck, type Examination, type Probe } from './examination.ts';
import { probeLogstore } from './logstore-query.ts';

/** Something that SLS verifies before it runs a query. It does so in a fixed order, so one query tests all steps. */
interface Step {
  readonly id: string;
  readonly description: string;
  /** The error codes of a query that is refused at this step. */
  readonly codes: readonly ErrorCode[];
  readonly passed: (examination: Examination) => Finding;
  readonly refused: (error: AdapterError, examination: Examination) => Finding;
}

const steps: readonly Step[] = [
  {
    id: 'access-key',
    description: 'SLS accepts the access key, its signature and its token',
    codes: ['CredentialsRefused'],
    passed: () => ok('SLS accepts the key'),
    refused: ({ what, remedy }) => failed(what, remedy),
  },
  {
    id: 'account',
    description: 'The account of the key uses SLS, owes nothing, and owns the project',
    codes: ['ServiceNotActivated', 'AccountSuspended', 'ProjectForeign'],
    passed: () => ok('SLS serves the account'),
    refused: ({ what, remedy }) => failed(what, remedy),
  },
  {
    id: 'project',
    description: 'The project exists in that region',
    codes: ['ProjectNotFound'],
    passed: ({ facts }) => ok(facts.get('target').address.project),
    refused: ({ what }, { facts }) => {
      const { endpoint: url, region = 'REGION' } = facts.get('config').sls;
      const { project } = facts.get('target').address;
      const place = url === undefined ? `region ${region}` : `the region of ${url}`;
      const remedy = `Correct sls.project or the region: project ${project} does not exist in ${place}. ACK names it k8s-log-{cluster ID} and creates it in the region of the cluster. The SLS console shows both.`;
      return failed(what, remedy, '--region cn-hangzhou --selector sls.project=k8s-log-CLUSTER_ID,…');
    },
  },
  {
    id: 'permission',
    description: 'The RAM identity may query the logstore',
    codes: ['PermissionDenied'],
    passed: () => ok('log:GetLogStoreLogs is allowed'),
    refused: ({ what }, { facts }) =>
      failed(
        what,
        'Attach this policy to the RAM user or role of the adapter:',
        ramPolicy(facts.get('target').address),
      ),
  },
  {
    id: 'logstore',
    description: 'The logstore exists',
    codes: ['LogstoreNotFound'],
    passed: ({ facts }) => ok(facts.get('target').address.logstore),
    refused: ({ what }, { facts }) =>
      failed(
        what,
        `Correct sls.logstore. If ${facts.get('target').address.project} has no logstore of an ingress, enable the access log of the ingress controller (on ACK: install component ack-log or logtail-ds). ACK names the logstore:`,
        'sls.logstore=nginx-ingress',
      ),
  },
  {
    id: 'sql-queue',
    description: 'SLS has a free slot for the query',
    codes: ['SlsThrottled'],
    passed: ({ facts }) => {
      const probe = facts.get('probe');
      if (probe.error !== undefined || probe.throttled === 0) return ok('the query ran at once');
      return warn(
        `the query ran at attempt ${probe.throttled + 1}: SLS is at its limit of concurrent queries`,
        errorRegistry.SlsThrottled.remedy,
      );
    },
    refused: ({ what, remedy }) => failed(what, remedy),
  },
  {
    id: 'sql',
    description: 'The logstore runs SQL: its mode is standard, not query',
    codes: [],
    passed: () => ok('the logstore runs SQL'),
    refused: ({ what }) =>
      failed(
        `a search works, but SQL does not: ${what}`,
        'Readings need SQL. A logstore of mode `query` (Query Logstore) has none: create one of mode standard, and have the collector write there (SLS console: the logstore, Attributes, Type). In mode standard, switch on statistics for its fields (Query & Analysis Attributes).',
      ),
  },
  {
    id: 'index',
    description: 'The logstore has an index',
    codes: ['IndexMissing', 'IndexConflict'],
    passed: () => ok('SQL queries run'),
    refused: ({ what, remedy }) => failed(what, remedy),
  },
];

/** Sends the one query of all steps. A refusal that belongs to no step is its own. */
const query: DoctorCheck = {
  id: 'query',
  description: 'SLS answers a signed query',
  needs: ['credentials', 'clock'],
  deadlineMs: 60_000,
  run: async (examination, signal) => {
    const probe = await probeLogstore(examination, signal);
    examination.facts.learn({ probe });
    if (probe.error === undefined) return ok('SLS answers');
    if (stepOf(probe) === undefined) return findingOf(probe.error);
    return ok('SLS answers, and refuses the query');
  },
};

/** Returns the step that SLS refused the query at. */
function stepOf(probe: Probe): string | undefined {
  const { error } = probe;
  if (error === undefined) return undefined;
  if (probe.isSqlRefused) return 'sql';
  return steps.find(({ codes }) => codes.includes(error.code))?.id;
}

/** From the first signed query to one that runs. */
export const logstoreChecks: readonly DoctorCheck[] = [
  query,
  ...steps.map(({ id, description, passed, refused }, index): DoctorCheck => ({
    id,
    description,
    needs: [steps[index - 1]?.id ?? query.id],
    run: (examination) => {
      const probe = examination.facts.get('probe');
      const { error } = probe;
      if (error === undefined || stepOf(probe) !== id) return passed(examination);
      const finding = refused(error, examination);
      return { ...finding, found: `${finding.found} (${error.code})` };
    },
  })),
];

/** Returns the policy with the least privilege. Source: RAM, "Policy structure"; SLS, "Actions". */
export function ramPolicy({ project, logstore }: Pick<LogstoreAddress, 'project' | 'logstore'>): string {
  const statement = {
    Effect: 'Allow',
    Action: ['log:GetLogStoreLogs'],
    Resource: [`acs:log:*:*:project/${project}`, `acs:log:*:*:project/${project}/logstore/${logstore}`],
  };
  return JSON.stringify({ Version: '1', Statement: [statement] }, null, 2);
}
