import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyRequest } from 'fastify';
import {
  certificateUser,
  isTrustedClient,
  parseBundle,
  presentedChain,
  type PeerSocket,
} from '../api/auth/client-certificate.ts';
import { AdapterError } from '../errors.ts';

/** Verifies the certificates of clients by the authorities in a file. A new connection is verified by what the file holds then. */
export class ClientCertificates {
  readonly #file: string;
  readonly #clock: { now(): number };
  /** By connection. Failures are not kept: the file may be repaired. */
  readonly #verified = new WeakMap<object, { readonly name: string; readonly expiresAtMs: number }>();

  constructor(file: string, clock: { now(): number }) {
    this.#file = file;
    this.#clock = clock;
  }

  /** @throws AdapterError `ConfigInvalid` if the file cannot be used */
  async check(): Promise<void> {
    await this.#roots();
  }

  /** Returns the common name of the client. @throws AdapterError `Unauthenticated` */
  async nameOf({ raw, socket }: FastifyRequest): Promise<string> {
    // On HTTP/2 the socket is a new proxy for each request.
    const connection = (raw as { readonly stream?: { readonly session?: object } }).stream?.session ?? socket;
    const known = this.#verified.get(connection);
    if (known !== undefined && this.#clock.now() <= known.expiresAtMs) return known.name;
    const chain = presentedChain(socket as unknown as PeerSocket);
    if (chain === undefined) throw this.#refusal('the client presents no certificate');
    if (!isTrustedClient(chain, await this.#roots(), this.#clock.now()))
      throw this.#refusal(
        'the certificate of the client leads to no authority of this port, or is not valid',
      );
    const name = certificateUser(chain.leaf)?.name;
    if (name === undefined) throw this.#refusal('the certificate of the client has no common name');
    this.#verified.set(connection, { name, expiresAtMs: chain.leaf.validToDate.getTime() });
    return name;
  }

  #refusal(what: string): AdapterError {
    return new AdapterError('Unauthenticated', what, {
      remedy: `Give the trigger a client certificate of an authority in ${this.#file}, by tlsClientCert and tlsClientKey of its TriggerAuthentication.`,
    });
  }

  async #roots(): Promise<readonly X509Certificate[]> {
    const wrong = (why: string, cause?: unknown) =>
      new AdapterError('ConfigInvalid', `keda.clientCaFile ${this.#file} ${why}`, { cause });
    const pem = await readFile(this.#file, 'utf8').catch((cause: unknown) => {
      throw wrong('cannot be read', cause);
    });
    let roots: readonly X509Certificate[];
    try {
      roots = parseBundle(pem);
    } catch (cause) {
      throw wrong('has a certificate that cannot be read', cause);
    }
    if (roots.length === 0) throw wrong('has no certificate in PEM');
    return roots;
  }
}
