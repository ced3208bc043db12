import type { X509Certificate } from 'node:crypto';
import type { Http2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { PresentedChain } from './client-certificate.ts';

/** The certificates of the client of a connection, read once a connection: the same object for each request. */
export class PeerChains {
  readonly #chains = new WeakMap<object, PresentedChain | 'none'>();

  /** @returns undefined where the client presented none */
  of({ raw }: FastifyRequest): PresentedChain | undefined {
    // On HTTP/2 the socket is a proxy, made anew; the session stands for the connection.
    const { stream } = raw as { readonly stream?: { readonly session?: Http2Session } };
    const connection = stream?.session ?? raw.socket;
    let chain = this.#chains.get(connection);
    if (chain === undefined) {
      chain = readChain(raw.socket as unknown as PeerSocket) ?? 'none';
      this.#chains.set(connection, chain);
    }
    return chain === 'none' ? undefined : chain;
  }
}

type PeerSocket = Pick<TLSSocket, 'getPeerX509Certificate'>;

function readChain(socket: PeerSocket): PresentedChain | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return undefined;
  const intermediates: X509Certificate[] = [];
  let issuer = leaf.issuerCertificate;
  // A self-signed certificate names itself as its issuer.
  while (issuer !== undefined && intermediates.length < 10 && issuer.fingerprint256 !== leaf.fingerprint256) {
    if (intermediates.some(({ fingerprint256 }) => fingerprint256 === issuer?.fingerprint256)) break;
    intermediates.push(issuer);
    issuer = issuer.issuerCertificate;
  }
  return { leaf, intermediates };
}
