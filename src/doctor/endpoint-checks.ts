import { AdapterError } from '../errors.ts';
import { checkClock, clockSkewSeconds, type QueryTimes } from '../sls/clock-check.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { parseDateHeader, Transport } from '../sls/transport.ts';
import { failed, type Finding, ok, warn } from './check.ts';
import type { DoctorCheck } from './examination.ts';

/** Asked without a signature: any answer shows the way there, and has the time. */
export const endpoint: DoctorCheck = {
  id: 'endpoint',
  what: 'Whether the endpoint of the project is found and answers: name, network, TLS',
  after: ['target'],
  run: async ({ around, facts }, signal) => {
    const { address } = facts.get('target');
    const { connectTimeoutSeconds, readTimeoutSeconds } = facts.get('config').sls;
    const transport = new Transport({
      connectTimeoutMs: connectTimeoutSeconds * 1000,
      readTimeoutMs: Math.min(readTimeoutSeconds * 1000, 8000),
      lookup: around.lookup,
    });
    const plannedAtSeconds = Math.floor(around.clock.now() / 1000);
    const startMs = performance.now();
    try {
      const empty = { method: 'GET', path: '/', headers: { host: hostOf(address) }, body: Buffer.alloc(0) };
      const { headers } = await transport.send({ ...address, ...empty, signal });
      const elapsedMs = performance.now() - startMs;
      const serverTimeMs = parseDateHeader(headers.date);
      facts.learn({ times: { plannedAtSeconds, elapsedMs, serverTimeMs } });
      const { protocol, authority, connectByProject } = address.endpoint;
      const name = `${protocol}://${connectByProject ? hostOf(address) : authority}`;
      if (headers['x-log-requestid'] === undefined)
        return warn(
          `${name} answers, but not as SLS does`,
          'Check that no proxy stands between, and that sls.endpoint is SLS.',
        );
      return ok(`${name} answers within ${Math.ceil(elapsedMs)} ms`);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      const { internalEndpoint } = facts.get('target').request;
      return unreachable(error, address.endpoint, internalEndpoint === true);
    } finally {
      transport.close();
    }
  },
};

const hostOf = ({
  endpoint: { authority },
  project,
}: {
  readonly endpoint: Endpoint;
  readonly project: string;
}) => `${project}.${authority}`;

export const clock: DoctorCheck = {
  id: 'clock',
  what: 'Whether the clock here agrees with that of SLS',
  after: ['endpoint'],
  run: ({ facts }) => {
    const times = facts.get('times');
    if (times.serverTimeMs === undefined) return ok('SLS does not say what time it is');
    return judgeClock(times, facts.get('target').address);
  },
};

function judgeClock(times: QueryTimes, { project }: { readonly project: string }): Finding {
  const remedy =
    'Set the clock of this machine, which is that of the node for a pod: readings are refused while it is wrong.';
  const write = 'timedatectl set-ntp true';
  const skewSeconds = clockSkewSeconds(times);
  try {
    checkClock(times, `project ${project}`);
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return failed(error.what, remedy, write);
  }
  if (skewSeconds === 0) return ok('as SLS has it, to the second');
  const found = `${Math.ceil(Math.abs(skewSeconds))} s ${skewSeconds > 0 ? 'ahead of' : 'behind'} SLS`;
  return warn(found, remedy, write);
}

/** Codes of the system for names that nobody knows. */
const unknownName = new Set(['ENOTFOUND', 'EAI_NONAME', 'EAI_NODATA']);

const insideVpc = /^(.*)-intranet\.log\.aliyuncs\.com$/;
const publicHost = /^(.*)\.log\.aliyuncs\.com$/;

/**
 * Why SLS was not reached, by what the system says and which network the endpoint is in.
 *
 * @param isChosen whether the selector chose the endpoint inside the VPC
 */
export function unreachable(
  error: AdapterError,
  { hostname, authority }: Endpoint,
  isChosen: boolean,
): Finding {
  const code = codeOf(error.cause);
  const region = insideVpc.exec(hostname)?.[1];
  if (unknownName.has(code))
    return failed(
      error.what,
      publicHost.test(hostname)
        ? 'There is no such region, or it has no SLS. Write the region of the project, which the SLS console shows beside it:'
        : 'Correct sls.endpoint, or leave it out and write the region of the project:',
      '--region cn-hangzhou',
    );
  if (code === 'EAI_AGAIN')
    return failed(error.what, 'The name service does not answer: check the DNS of the pod (CoreDNS).');
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code))
    return failed(
      error.what,
      'Something on the way to SLS answers with a certificate of its own: have that proxy let the endpoint through as it is.',
    );
  if (region !== undefined) {
    const label = isChosen ? ', and leave sls.internal.endpoint=true out of the selector' : '';
    const remedy = `This is the endpoint inside the VPC: it answers only in region ${region}. From elsewhere ask over the internet${label}:`;
    return failed(error.what, remedy, '--network public');
  }
  const publicRegion = publicHost.exec(hostname)?.[1];
  if (publicRegion !== undefined)
    return failed(
      error.what,
      `This is the public endpoint: a pod needs a NAT gateway or an EIP to get there. In a VPC of region ${publicRegion} ask inside:`,
      '--network intranet',
    );
  return failed(
    error.what,
    `Check that something listens at ${authority}, and that no firewall or NetworkPolicy stands between.`,
  );
}

/** Of the first error below it that has one: `ENOTFOUND` and the like. */
function codeOf(cause: unknown): string {
  const { code, cause: below } = (cause ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'string') return code;
  return below === undefined ? '' : codeOf(below);
}
