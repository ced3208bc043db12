import type { Faults } from '../../../emulator/faults.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import type { Credentials } from '../../../src/sls/credentials/credentials.ts';
import type { FleetSettings } from './fleet-settings.ts';
import { slowCodes } from './read-checker.ts';
import { logstores, rightCredentials, type Fleet } from './fleet.ts';

/** A failure of SLS, or of the way to it, during which no query succeeds. */
export interface Fault {
  readonly begin: (fleet: Fleet) => void | Promise<void>;
  readonly end: (fleet: Fleet) => void | Promise<void>;
  /** Error codes of failed reads. At least one of them must occur. */
  readonly codes: readonly ErrorCode[];
  /** The maximum of queries to SLS during the fault. */
  readonly maxQueries: (settings: FleetSettings, seconds: number) => number;
}

type Expectation = Omit<Fault, 'begin' | 'end'>;
type Action = Pick<Fault, 'begin' | 'end'>;

/** The first attempt and the default number of retries, `sls.query.max_retry`. */
const attempts = 6;

/** Each refresh queries each logstore. Reads add queries if a refresh is late. */
const maxRefreshQueries = ({ refreshes }: FleetSettings, seconds: number) =>
  1.5 * logstores.length * (Math.ceil((seconds * refreshes) / 15) + 1);

/** The circuit opens after some failures. Then there are probes, and the queries that were in flight. */
const opensCircuit = (code: ErrorCode): Expectation => ({
  codes: [code],
  maxQueries: ({ breakerFailures, breakerOpen }, seconds) =>
    breakerFailures + logstores.length + Math.ceil(seconds / breakerOpen) + 1,
});

/** Each refresh sends one query per logstore, which times out. */
const timesOut: Expectation = { codes: slowCodes, maxQueries: maxRefreshQueries };

const scripted = (faults: Faults): Action => ({
  begin: ({ sls }) => sls.setFaults(faults),
  end: ({ sls }) => sls.setFaults({}),
});

const useCredentials = (credentials: Credentials | undefined): Action => ({
  begin: (fleet) => {
    fleet.credentials.value = credentials;
  },
  end: (fleet) => {
    fleet.credentials.value = rightCredentials;
  },
});

const tooManyQueries = {
  status: 400,
  errorCode: 'ParameterInvalid',
  errorMessage: 'Too many queued queries for "p", user can only run 15 query concurrently',
};
const denied = {
  status: 401,
  errorCode: 'Unauthorized',
  errorMessage: 'denied by sts or ram, action: log:GetLogStoreLogs',
};

const revoked = opensCircuit('CredentialsRefused');

export const silencingFaults: Readonly<Record<string, Fault>> = {
  'SLS answers every query with 500': { ...scripted({ status: 500 }), ...opensCircuit('SlsUnavailable') },
  'SLS throttles every query': { ...scripted(tooManyQueries), ...opensCircuit('SlsThrottled') },
  'response bodies are not JSON': { ...scripted({ garbage: 'json' }), ...opensCircuit('SlsReplyInvalid') },
  'a proxy answers with an HTML page': {
    ...scripted({ garbage: 'html' }),
    ...opensCircuit('SlsUnavailable'),
  },
  'connections are cut in the middle of a body': {
    ...scripted({ cutBody: true }),
    ...opensCircuit('SlsUnavailable'),
  },
  'SLS does not answer': { ...scripted({ hang: true }), ...timesOut },
  'the network forwards nothing': {
    begin: ({ network }) => network.stall(),
    end: ({ network }) => network.repair(),
    ...timesOut,
  },
  'connections are refused': {
    begin: ({ network }) => network.refuse(),
    end: ({ network }) => network.repair(),
    ...opensCircuit('SlsUnavailable'),
  },
  'the key is revoked and restored': {
    ...useCredentials({ accessKeyId: 'revoked', accessKeySecret: 'revoked' }),
    ...revoked,
    // A query whose key is refused looks for a new key, and is not sent again if there is none.
    maxQueries: (settings, seconds) => 2 * revoked.maxQueries(settings, seconds),
  },
  'there are no credentials': { ...useCredentials(undefined), ...opensCircuit('CredentialsMissing') },
  // The last two are answers about one logstore, so they do not block queries to other logstores.
  'the permission is withdrawn and given back': {
    ...scripted(denied),
    codes: ['PermissionDenied'],
    maxQueries: maxRefreshQueries,
  },
  'results are never complete': {
    ...scripted({ incomplete: true }),
    // Either the retries or the deadline may end first.
    codes: ['SlsIncomplete', 'DeadlineExceeded'],
    maxQueries: (settings, seconds) => attempts * maxRefreshQueries(settings, seconds),
  },
};
