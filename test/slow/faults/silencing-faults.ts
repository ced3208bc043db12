import type { Faults } from '../../../emulator/faults.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import type { Credentials } from '../../../src/sls/credentials/credentials.ts';
import type { FleetSettings } from './fleet-settings.ts';
import { tooSlow } from './read-checker.ts';
import { logstores, rightCredentials, type Fleet } from './fleet.ts';

/** Something that goes wrong with SLS, or on the way to it, so that no query is answered. */
export interface Fault {
  readonly begin: (fleet: Fleet) => void | Promise<void>;
  readonly end: (fleet: Fleet) => void | Promise<void>;
  /** What reads fail with: one of these at least. */
  readonly codes: readonly ErrorCode[];
  /** What they may fail with until the circuit is open. */
  readonly codeBefore?: ErrorCode;
  /** How often the adapter may ask SLS meanwhile. */
  readonly mostQueries: (settings: FleetSettings, seconds: number) => number;
}

type HowAnswered = Omit<Fault, 'begin' | 'end'>;
type HowItComes = Pick<Fault, 'begin' | 'end'>;

/** What the label sls.query.max_retry is by default, and the first. */
const attempts = 6;

/** By each refresh of each logstore, and by reads where that is late. */
const refreshing = ({ refresh }: FleetSettings, seconds: number) =>
  1.5 * logstores.length * (Math.ceil(seconds / refresh) + 1);

/** The circuit opens: after some failures, a probe now and then, and whatever was under way. */
const opening = (codeBefore: ErrorCode): HowAnswered => ({
  codes: ['CircuitOpen'],
  codeBefore,
  mostQueries: ({ breakerFailures, breakerOpen }, seconds) =>
    breakerFailures + logstores.length + Math.ceil(seconds / breakerOpen) + 1,
});

/** Each refresh asks once, and waits. */
const waiting: HowAnswered = { codes: tooSlow, mostQueries: refreshing };

const scripted = (faults: Faults): HowItComes => ({
  begin: ({ sls }) => sls.setFaults(faults),
  end: ({ sls }) => sls.setFaults({}),
});

const given = (credentials: Credentials | undefined): HowItComes => ({
  begin: (fleet) => {
    fleet.credentials.given = credentials;
  },
  end: (fleet) => {
    fleet.credentials.given = rightCredentials;
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

export const silencingFaults: Readonly<Record<string, Fault>> = {
  'an outage': { ...scripted({ status: 500 }), ...opening('SlsUnavailable') },
  'a storm of throttling': { ...scripted(tooManyQueries), ...opening('SlsThrottled') },
  'bodies that are no JSON': { ...scripted({ garbage: 'json' }), ...opening('SlsReplyInvalid') },
  "a proxy's page": { ...scripted({ garbage: 'html' }), ...opening('SlsUnavailable') },
  'connections cut in the middle of a body': { ...scripted({ cutBody: true }), ...opening('SlsUnavailable') },
  'no answer at all': { ...scripted({ hang: true }), ...waiting },
  'a network that lets nothing through': {
    begin: ({ network }) => network.swallow(),
    end: ({ network }) => network.mend(),
    ...waiting,
  },
  'connections refused': {
    begin: ({ network }) => network.refuse(),
    end: ({ network }) => network.mend(),
    ...opening('SlsUnavailable'),
  },
  'a key that is revoked and restored': {
    ...given({ accessKeyId: 'revoked', accessKeySecret: 'revoked' }),
    ...opening('CredentialsRefused'),
  },
  'credentials that cannot be had': { ...given(undefined), ...opening('CredentialsMissing') },
  // Both are answers of one logstore, which keep nobody from asking for another.
  'a right that is withdrawn and given back': {
    ...scripted(denied),
    codes: ['PermissionDenied'],
    mostQueries: refreshing,
  },
  'a result that is never complete': {
    ...scripted({ incomplete: true }),
    // The retries may be over first, or the deadline.
    codes: ['SlsIncomplete', 'DeadlineExceeded'],
    mostQueries: (settings, seconds) => attempts * refreshing(settings, seconds),
  },
};
