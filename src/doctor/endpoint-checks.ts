import { AdapterError, errorRegistry } from '../errors.ts';
import { checkClock, clockSkewSeconds } from '../sls/decode.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { proxiesIn } from '../sls/proxy.ts';
import { parseDateHeader, Transport } from '../sls/transport.ts';
import { failed, ok, warn, type Finding } from './check.ts';
import type { DoctorCheck } from './examination.ts';

/** Sends a request without a signature. Any answer proves that SLS is reachable, and has its time. */
export const endpoint: DoctorCheck = {
  id: 'endpoint',
  description: 'The endpoint of the project resolves and answers: name, network, TLS',
  needs: ['target'],
  run: async ({ dependencies, facts }, signal) => {
    const { address, request } = facts.get('target');
    const { connectTimeoutSeconds, readTimeoutSeconds } = facts.get('config').sls;
    const transport = new Transport({
      connectTimeoutMs: connectTimeoutSeconds * 1000,
      readTimeoutMs: Math.min(readTimeoutSeconds * 1000, 8000),
      lookup: dependencies.lookup,
      proxies: proxiesIn(dependencies.env),
    });
    const plannedAtSeconds = Math.floor(dependencies.clock.now() / 1000);
    const startMs = performance.now();
    const { protocol, authority, connectByProject } = address.endpoint;
    const host = `${address.project}.${authority}`;
    try {
      const empty = { method: 'GET', path: '/', headers: { host }, body: Buffer.alloc(0) };
      const { headers, proxy } = await transport.send({ ...address, ...empty, signal });
      const through = proxy === undefined ? '' : ` through ${proxy}`;
      const elapsedMs = performance.now() - startMs;
      const serverTimeMs = parseDateHeader(headers.date);
      facts.learn({ times: { plannedAtSeconds, elapsedMs, serverTimeMs } });
      const url = `${protocol}://${connectByProject ? host : authority}`;
      if (headers['x-log-requestid'] === undefined)
        return warn(
          `${url} answers${through}, but not like SLS`,
          'Check that there is no proxy in between, and that sls.endpoint is an endpoint of SLS.',
        );
      return ok(`${url} answers${through} within ${Math.ceil(elapsedMs)} ms`);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return unreachable(error, address.endpoint, request.internalEndpoint === true);
    } finally {
      transport.close();
    }
  },
};

/** Codes of the system for a host name that does not exist. */
const unknownName = new Set(['ENOTFOUND', 'EAI_NONAME', 'EAI_NODATA']);

const insideVpc = /^(.*)-intranet\.log\.aliyuncs\.com$/;
const publicHost = /^(.*)\.log\.aliyuncs\.com$/;

/**
 * Returns why SLS cannot be reached, from the error of the system and the network of the endpoint.
 *
 * @param isLabelled true if the selector chose the endpoint inside the VPC
 */
function unreachable(error: AdapterError, { hostname, authority }: Endpoint, isLabelled: boolean): Finding {
  // Through a proxy, the network of the endpoint does not matter.
  if (error.remedy !== errorRegistry[error.code].remedy) return failed(error.what, error.remedy);
  const code = codeOf(error.cause);
  const why = (remedy: string, write?: string) => failed(error.what, remedy, write);
  if (unknownName.has(code))
    return why(
      publicHost.test(hostname)
        ? 'This region does not exist, or it has no SLS. Write the region of the project, which the SLS console shows beside it:'
        : 'Correct sls.endpoint, or remove it and write the region of the project:',
      '--region cn-hangzhou',
    );
  if (code === 'EAI_AGAIN')
    return why('The name server does not answer. Check the DNS of the pod (CoreDNS).');
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code))
    return why(
      'Something on the way to SLS answers with a certificate of its own. Have that proxy pass the endpoint through.',
    );
  const region = insideVpc.exec(hostname)?.[1];
  if (region !== undefined) {
    const label = isLabelled ? ', and remove sls.internal.endpoint=true from the selector' : '';
    return why(
      `This endpoint is inside the VPC and answers only in region ${region}. From elsewhere use the internet${label}:`,
      '--network public',
    );
  }
  const publicRegion = publicHost.exec(hostname)?.[1];
  if (publicRegion !== undefined)
    return why(
      `This is the public endpoint. A pod needs a NAT gateway or an EIP to reach it. In a VPC of region ${publicRegion} use the internal endpoint:`,
      '--network intranet',
    );
  return why(
    `Check that something listens at ${authority}, and that no firewall or NetworkPolicy blocks it.`,
  );
}

/** Returns the code, such as `ENOTFOUND`, of the first error in the chain of causes that has one. */
function codeOf(cause: unknown): string {
  const { code, cause: next } = (cause ?? {}) as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'string') return code;
  return next === undefined ? '' : codeOf(next);
}

export const clock: DoctorCheck = {
  id: 'clock',
  description: 'The clock of this machine agrees with the clock of SLS',
  needs: ['endpoint'],
  run: ({ facts }) => {
    const times = facts.get('times');
    if (times.serverTimeMs === undefined) return ok('the answer of SLS has no time');
    const remedy =
      'Set the clock of this machine (for a pod, the clock of its node). While it is wrong, readings are refused.';
    const write = 'timedatectl set-ntp true';
    try {
      checkClock(times, `project ${facts.get('target').address.project}`);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      const exactly = error.cause instanceof Error ? ` (${error.cause.message})` : '';
      return failed(`${error.what}${exactly}`, remedy, write);
    }
    const skewSeconds = clockSkewSeconds(times);
    if (skewSeconds === 0) return ok('equal to the clock of SLS, to the second');
    const found = `${Math.ceil(Math.abs(skewSeconds))} s ${skewSeconds > 0 ? 'ahead of' : 'behind'} SLS`;
    return warn(found, remedy, write);
  },
};
