import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseFaults, type Faults } from '../faults.ts';
import type { SlsApi } from '../sls-api.ts';
import { parameterInvalid, ServiceError } from '../service-error.ts';
import { errorReply, jsonReply, send, type Reply } from './reply.ts';
import { readRequest, type ServiceRequest } from './request.ts';

const maxHeaderBytes = 64 * 1024;

interface ServerParts {
  readonly api: SlsApi;
  /** Returns the body of `GET /__stats`. */
  readonly stats: () => unknown;
  /** Called with the body of `PUT /__faults`. */
  readonly setFaults: (faults: Faults) => void;
  readonly nowMs: () => number;
}

/** The HTTP server of the emulator: the API of SLS, and the emulator's own `/__stats` and `/__faults`. */
export class HttpServer {
  readonly #parts: ServerParts;
  readonly #server: Server;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#server = createServer(
      { maxHeaderSize: maxHeaderBytes, keepAliveTimeout: 60_000 },
      (message, response) => {
        const handled = this.#handle(message, response).catch(() => void response.destroy());
        this.#running.add(handled);
        void handled.finally(() => this.#running.delete(handled));
      },
    );
  }

  /** Rejects with the error of Node if it cannot listen on the address, e.g. EADDRINUSE. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return this.#server.address() as AddressInfo;
  }

  /** Aborts running requests and waits until they have ended. */
  async close(): Promise<void> {
    this.#stopping.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await Promise.all([closed, ...this.#running]);
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const signal = AbortSignal.any([closed.signal, this.#stopping.signal]);
    const reply = await this.#answer(message, signal);
    if (signal.aborted) {
      response.destroy();
      return;
    }
    const { faults = {} } = reply;
    await send(response, withGarbage(reply, faults), {
      acceptEncoding: message.headers['accept-encoding'],
      dateMs: this.#parts.nowMs() + (faults.dateShiftMs ?? 0),
      cut: faults.cutBody === true,
    });
  }

  async #answer(message: IncomingMessage, signal: AbortSignal): Promise<Reply> {
    try {
      const request = await readRequest(message);
      return this.#control(request) ?? (await this.#parts.api.answer(request, signal));
    } catch (error) {
      return errorReply(asServiceError(error));
    }
  }

  /** Answers the emulator's own requests, which SLS does not have. */
  #control(request: ServiceRequest): Reply | undefined {
    const call = `${request.method} ${request.path}`;
    if (call === 'GET /__stats') return jsonReply(this.#parts.stats());
    if (call !== 'PUT /__faults') return undefined;
    try {
      this.#parts.setFaults(parseFaults(request.body.toString('utf8')));
    } catch (error) {
      throw parameterInvalid(`faults: ${error instanceof Error ? error.message : String(error)}`);
    }
    return jsonReply({});
  }
}

function withGarbage(reply: Reply, { garbage }: Faults): Reply {
  if (garbage === undefined || garbage === false) return reply;
  if (garbage !== 'html') return { ...reply, body: `${reply.body.slice(0, -1)}, oops` };
  const body = '<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>';
  return { status: 502, headers: {}, body, contentType: 'text/html' };
}

function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ServiceError(500, 'InternalServerError', message, { cause: error });
}
