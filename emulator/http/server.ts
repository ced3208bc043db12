import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseFaults, type Faults } from '../faults.ts';
import type { Answer, Service } from '../service.ts';
import { parameterInvalid, ServiceError } from '../service-error.ts';
import { errorReply, jsonReply, send, type Reply } from './reply.ts';
import { readRequest, type ServiceRequest } from './request.ts';

const maxHeaderBytes = 64 * 1024;

export interface ServerParts {
  readonly service: Service;
  /** What `GET /__stats` shows. */
  readonly stats: () => unknown;
  /** What `PUT /__faults` does. */
  readonly setFaults: (faults: Faults) => void;
  readonly nowMs: () => number;
}

/** The emulator's HTTP surface. */
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

  /** Rejects with Node's error where the address cannot be had, e.g. EADDRINUSE. */
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

  /** Breaks off what runs and waits for its end. */
  async close(): Promise<void> {
    this.#stopping.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await Promise.all([closed, ...this.#running]);
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal]);
    const { reply, faults } = await this.#answer(message, signal);
    if (signal.aborted) {
      response.destroy();
      return;
    }
    const spoilt = spoil(reply, faults);
    // SLS compresses in a way of its own, which browsers and curl do not undo.
    const own = message.url?.startsWith('/__') === true;
    await send(response, spoilt, {
      acceptEncoding: own ? undefined : message.headers['accept-encoding'],
      dateMs: this.#parts.nowMs() + (faults.dateShiftMs ?? 0),
      cut: faults.cutBody === true,
    });
  }

  async #answer(message: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    try {
      const request = await readRequest(message);
      const reply = this.#control(request);
      return reply ? { reply, faults: {} } : await this.#parts.service.answer(request, signal);
    } catch (error) {
      return { reply: errorReply(asServiceError(error)), faults: {} };
    }
  }

  /** The emulator's own requests, which SLS does not have. */
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

function spoil(reply: Reply, { garbage }: Faults): Reply {
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
