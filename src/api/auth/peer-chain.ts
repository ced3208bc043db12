import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Http2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { PresentedChain } from './client-certificate.ts';

/** Clients that keep no connection open come with the same certificates again and again. */
const maxChains = 100;

/**
 * The certificates of the client of a connection, read once a connection: the same object for each request, and for
 * each connection of a client, so that what they are good for need not be found out anew.
 */
export class PeerChains {
  readonly #chains = new WeakMap<object, PresentedChain | 'none'>();
  readonly #known = new LRUCache<string, PresentedChain>({ max: maxChains });

  /** @returns undefined where the client presented none */
  of(request: IncomingMessage): PresentedChain | undefined {
    // On HTTP/2 the socket is a proxy, made anew; the session stands for the connection.
    const { stream } = request as { readonly stream?: { readonly session?: Http2Session } };
    const connection = stream?.session ?? request.socket;
    let chain = this.#chains.get(connection);
    if (chain === undefined) {
      chain = this.#same(readChain(request.socket as unknown as PeerSocket)) ?? 'none';
      this.#chains.set(connection, chain);
    }
    return chain === 'none' ? undefined : chain;
  }

  /** The one of the same certificates, in the same order, that came first. */
  #same(chain: PresentedChain | undefined): PresentedChain | undefined {
    if (chain === undefined) return undefined;
    const key = [chain.leaf, ...chain.intermediates].map(({ fingerprint256 }) => fingerprint256).join();
    const known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, chain);
    return known ?? chain;
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
