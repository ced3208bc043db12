import { AdapterError } from '../errors.ts';
import { checkClock, clockSkewSeconds, parseDateHeader, type QueryTimes } from '../sls/clock-check.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { Transport } from '../sls/transport.ts';
import { failed, ok, warn, type Finding } from './check.ts';
import type { DoctorCheck } from './examination.ts';
import { unreachable } from './unreachable.ts';

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
