import { AdapterError } from '../errors.ts';
import { checkClock, clockSkewSeconds, parseDateHeader, type QueryTimes } from '../sls/clock-check.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { Transport } from '../sls/transport.ts';
import { failed, ok, warn, type Finding } from './check.ts';
import type { DoctorCheck, Examination } from './examination.ts';

/** Asked without a signature: any answer shows the way there, and has the time. */
export const endpoint: DoctorCheck = {
  id: 'endpoint',
  what: 'Whether the endpoint of the project is found and answers: name, network, TLS',
  after: ['target'],
  run: async (examination, signal) => {
    const { around, facts } = examination;
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
      const name = `${address.endpoint.protocol}://${hostOf(address)}`;
      if (headers['x-log-requestid'] === undefined)
        return warn(
          `${name} answers, but not as SLS does`,
          'Check that no proxy stands between, and that sls.endpoint is SLS.',
        );
      return ok(`${name} answers within ${Math.ceil(elapsedMs)} ms`);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return unreachable(error, examination);
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
    if (times.serverTimeMs === undefined) return Promise.resolve(ok('SLS does not say what time it is'));
    return Promise.resolve(judgeClock(times, facts.get('target').address));
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

function unreachable(error: AdapterError, { facts }: Examination): Finding {
  const { endpoint: url, region = 'REGION' } = facts.get('config').sls;
  const { address, request } = facts.get('target');
  const { hostname } = address.endpoint;
  const code = codeOf(error.cause);
  if (unknownName.has(code))
    return failed(
      `${error.what} (no such name: ${hostname})`,
      url === undefined || hostname.endsWith('.aliyuncs.com')
        ? `There is no region like that, or none with SLS. Write the region of the project, which the SLS console shows beside it:`
        : 'Correct sls.endpoint, or leave it out and name the region of the project:',
      '--region cn-hangzhou',
    );
  if (code === 'EAI_AGAIN')
    return failed(error.what, 'The name service does not answer: check the DNS of the pod (CoreDNS).');
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code))
    return failed(
      error.what,
      'Something between here and SLS answers with a certificate of its own: let the endpoint through the proxy as it is.',
    );
  if (hostname.endsWith('-intranet.log.aliyuncs.com'))
    return failed(
      error.what,
      `This is the endpoint inside the VPC: it answers only in region ${regionOf(hostname)}. From elsewhere ask over the internet${request.internalEndpoint === true ? ', and leave sls.internal.endpoint=true out of the selector' : ''}:`,
      '--network public',
    );
  if (hostname.endsWith('.log.aliyuncs.com'))
    return failed(
      error.what,
      `This is the public endpoint: a pod needs a NAT gateway or an EIP to get there. In a VPC of region ${region} ask inside:`,
      '--network intranet',
    );
  return failed(
    error.what,
    `Check that something listens at ${address.endpoint.authority}, and that a network policy or firewall lets this machine get there.`,
  );
}

const regionOf = (hostname: string) => hostname.replace(/-intranet\.log\.aliyuncs\.com$/, '');

/** Of the first error below it that has one: `ENOTFOUND` and the like. */
function codeOf(cause: unknown): string {
  const { code, cause: below } = (cause ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'string') return code;
  return below === undefined ? '' : codeOf(below);
}
