import { X509Certificate } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { connect } from 'node:tls';
import { apiServiceName } from '../kube/api-service.ts';
import { certificateBlocks } from '../kube/client/pem.ts';
import type { RegisteredApi } from './api-service.ts';
import { failed, type Finding, ok, warn } from './check.ts';
import type { DoctorCheck } from './examination.ts';

export const caBundle: DoctorCheck = {
  id: 'ca-bundle',
  what: 'Whether the caBundle of the APIService is the authority of the certificate that the adapter serves',
  after: ['apiservice-owner'],
  run: async ({ around, facts }, signal) => {
    const api = facts.get('api');
    const { service, caBundle: pem } = api;
    const wrong = wrongInItself(api, around.clock.now());
    if (wrong !== undefined) return wrong;
    const { name = '', namespace = '', port = 443 } = service ?? {};
    const host = `${name}.${namespace}.svc`;
    const tried = await tryHandshake({ host, port, ca: pem ?? '', lookup: around.lookup }, signal);
    if (tried.kind === 'trusted') return ok(`${host} serves a certificate that it trusts`);
    if (tried.kind === 'untrusted')
      return failed(`the API server does not trust what ${host} serves: ${tried.message}`, remedy, patch);
    const { available } = api;
    if (available?.isTrue === false && /x509|certificate/i.test(available.message))
      return failed(`the API server does not trust what ${host} serves: ${available.message}`, remedy, patch);
    return ok(`in itself; what ${host} serves is not seen from here (${tried.message})`);
  },
};

const remedy =
  'Have the adapter keep it (--manage-apiservice, which needs get and patch on its APIService); with a certificate of your own, write its authority:';

const patchWith = (spec: string) =>
  `kubectl patch apiservice ${apiServiceName} --type merge -p "{\\"spec\\":{${spec}}}"`;
const bundleOfFile = '\\"caBundle\\":\\"$(base64 -w0 ca.crt)\\"';
const patch = patchWith(bundleOfFile);
const patchInsecure = patchWith(`\\"insecureSkipTLSVerify\\":null,${bundleOfFile}`);

/** What can be said without the adapter. */
function wrongInItself(
  { caBundle: pem, insecureSkipTlsVerify }: RegisteredApi,
  nowMs: number,
): Finding | undefined {
  if (insecureSkipTlsVerify)
    return warn(
      'insecureSkipTLSVerify: whoever gets between is believed, and may scale anything',
      remedy,
      patchInsecure,
    );
  if (pem === undefined)
    return failed('there is no caBundle: the API server trusts nobody behind that name', remedy, patch);
  const certificates = certificateBlocks(pem).map(certificateOf);
  if (certificates.length === 0 || certificates.includes(undefined))
    return failed('caBundle holds no certificate in PEM, or one that cannot be read', remedy, patch);
  const latestMs = Math.max(...certificates.map((one) => one?.validToDate.getTime() ?? 0));
  if (latestMs < nowMs)
    return failed(
      `every certificate of caBundle has expired, the last on ${new Date(latestMs).toISOString()}`,
      remedy,
      patch,
    );
  return undefined;
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

export interface ServedBy {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  readonly lookup: LookupFunction | undefined;
}

/** What came of a connection: trusted, or the error of TLS or of the network. */
export type Handshake =
  { readonly kind: 'trusted' } | { readonly kind: 'untrusted' | 'unreached'; readonly message: string };

const timeoutMs = 3000;

/** Connects as the API server does: by the name of the Service, trusting the bundle alone. */
export function tryHandshake({ host, port, ca, lookup }: ServedBy, signal: AbortSignal): Promise<Handshake> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      servername: host,
      ca,
      timeout: timeoutMs,
      ...(lookup && { lookup }),
    });
    let isConnected = false;
    const end = (result: Handshake) => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(result);
    };
    const stop = () => end({ kind: 'unreached', message: 'stopped' });
    signal.addEventListener('abort', stop);
    socket.once('connect', () => (isConnected = true));
    socket.once('secureConnect', () => end({ kind: 'trusted' }));
    socket.once('timeout', () =>
      end({ kind: 'unreached', message: `no answer within ${timeoutMs / 1000} s` }),
    );
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const isOfCertificate = isConnected && error.syscall === undefined;
      end({ kind: isOfCertificate ? 'untrusted' : 'unreached', message: error.message });
    });
  });
}
