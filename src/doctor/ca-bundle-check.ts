import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { LookupFunction } from 'node:net';
import { connect } from 'node:tls';
import { apiServiceName } from '../kube/api-service.ts';
import { certificateBlocks } from '../kube/client/pem.ts';
import { availableCondition } from './api-service-checks.ts';
import { failed, ok, warn, type Finding } from './check.ts';
import type { DoctorCheck } from './examination.ts';

export const caBundle: DoctorCheck = {
  id: 'ca-bundle',
  description: 'The caBundle of the APIService verifies the certificate that the adapter serves',
  needs: ['apiservice-owner'],
  run: async ({ dependencies, facts }, signal) => {
    const { spec, status } = facts.get('apiService');
    const pem = Buffer.from(spec?.caBundle ?? '', 'base64').toString();
    const faulty = bundleFault(pem, spec?.insecureSkipTLSVerify === true, dependencies.clock.now());
    if (faulty !== undefined) return faulty;
    const service = spec?.service;
    const host = `${service?.name ?? ''}.${service?.namespace ?? ''}.svc`;
    const port = service?.port ?? 443;
    const fault = await handshakeFault(host, port, pem, dependencies.lookup, signal);
    if (fault === undefined) return ok(`it verifies the certificate of ${host}`);
    const untrusted = (message: string) =>
      failed(`the API server does not trust the certificate of ${host}: ${message}`, remedy, patch);
    if (fault.isUntrusted) return untrusted(fault.message);
    const available = availableCondition(status);
    if (available?.status === 'False' && /x509|certificate/i.test(available.message ?? ''))
      return untrusted(available.message ?? '');
    return ok(`the bundle itself is valid; ${host} cannot be reached from here (${fault.message})`);
  },
};

const remedy =
  'Let the adapter maintain caBundle (--manage-apiservice, which needs get and patch on its APIService). For a certificate of your own write its CA:';

const patchWith = (spec: string) =>
  `kubectl patch apiservice ${apiServiceName} --type merge -p "{\\"spec\\":{${spec}}}"`;
const bundleOfFile = '\\"caBundle\\":\\"$(base64 -w0 ca.crt)\\"';
const patch = patchWith(bundleOfFile);
const patchInsecure = patchWith(`\\"insecureSkipTLSVerify\\":null,${bundleOfFile}`);

/** Checks the bundle without a connection to the adapter. */
function bundleFault(pem: string, isTlsUnverified: boolean, nowMs: number): Finding | undefined {
  if (isTlsUnverified)
    return warn(
      'insecureSkipTLSVerify is set: an attacker on the network path can pose as the adapter and scale workloads',
      remedy,
      patchInsecure,
    );
  if (pem === '')
    return failed('there is no caBundle: the API server trusts no certificate of the adapter', remedy, patch);
  const certificates = certificateBlocks(pem).map(certificateOf);
  if (certificates.length === 0 || certificates.includes(undefined))
    return failed('caBundle contains no PEM certificate, or one that cannot be read', remedy, patch);
  const latestMs = Math.max(...certificates.map((one) => one?.validToDate.getTime() ?? 0));
  if (latestMs >= nowMs) return undefined;
  const latest = new Date(latestMs).toISOString();
  return failed(`every certificate of caBundle has expired, the last one on ${latest}`, remedy, patch);
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const timeoutMs = 3000;

/**
 * Connects like the API server: by the name of the Service, trusting only the bundle (PEM). Returns the error of TLS or
 * of the network, if any.
 */
async function handshakeFault(
  host: string,
  port: number,
  ca: string,
  lookup: LookupFunction | undefined,
  signal: AbortSignal,
): Promise<{ readonly isUntrusted: boolean; readonly message: string } | undefined> {
  const socket = connect({ host, port, servername: host, ca, ...(lookup && { lookup }) });
  const state = { isConnected: false };
  socket.once('connect', () => (state.isConnected = true));
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.any([signal, timeout]) });
    return undefined;
  } catch (thrown) {
    const { name, message, syscall } = thrown as NodeJS.ErrnoException;
    if (timeout.aborted) return { isUntrusted: false, message: `no answer within ${timeoutMs / 1000} s` };
    return { isUntrusted: state.isConnected && syscall === undefined && name !== 'AbortError', message };
  } finally {
    socket.destroy();
  }
}
