import { connect } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { basePath, readPath, selectorOf } from '../../test/support/adapter.ts';
import { Attacker } from './attacker.ts';
import type { Clients } from './clients.ts';
import type { Population } from './population.ts';
import type { ReadingChecker } from './reading-checker.ts';
import { soakLogstores } from './routes.ts';

/** Requests that the adapter must refuse, and with which status. */
const invalidRequests = [
  { path: readPath('sls_ingress_unheard', 'sls.project=p-1,sls.logstore=l-1'), status: 404 },
  { path: readPath('sls_ingress_qps', 'sls.project=p-1'), status: 400 },
  { path: readPath('sls_ingress_qps', 'sls.project in (p-1'), status: 400 },
  { path: readPath('sls_ingress_qps', 'sls.project=p-1,sls.logstore=l-1,colour=red'), status: 400 },
  { path: `${readPath('sls_ingress_qps', '')}&watch=true`, status: 405 },
  { path: `${basePath}/namespaces`, status: 404 },
  { path: '/nothing', status: 404 },
  { path: basePath, method: 'DELETE', status: 405 },
  { path: basePath, headers: { accept: 'text/plain' }, status: 406 },
  { path: readPath('sls_ingress_qps', 'a=b'), headers: { authorization: 'Bearer unknown' }, status: 401 },
  { path: readPath('sls_ingress_qps', 'a=b'), headers: {}, status: 403 },
] as const;

type InvalidRequest = (typeof invalidRequests)[number];

/** Clients that abort do so within this time. */
const maxDelayMs = 30;

interface MisbehavingParts {
  readonly clients: Clients;
  readonly checker: ReadingChecker;
  readonly population: Population;
  /** The number of series that only aborted requests read. */
  readonly series: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Clients that abort requests, disconnect early and send invalid requests, and an attacker. */
export class MisbehavingClients {
  readonly #parts: MisbehavingParts;
  readonly #attacker: Attacker;
  #requests = 0;
  #aborted = 0;

  constructor(parts: MisbehavingParts) {
    this.#parts = parts;
    this.#attacker = new Attacker(parts.clients);
  }

  get requests(): number {
    return this.#requests;
  }

  /** Sends requests at about this rate until the signal is aborted. Never rejects. */
  async run(perSecond: number, signal: AbortSignal): Promise<void> {
    const inFlight = new Set<Promise<void>>();
    while (!signal.aborted) {
      const pending = this.#sendOne().catch((error: unknown) =>
        this.#parts.checker.fault(`a misbehaving request failed: ${String(error)}`),
      );
      inFlight.add(pending);
      void pending.then(() => inFlight.delete(pending));
      await sleep((2000 * this.#parts.random()) / perSecond, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(inFlight);
  }

  async #sendOne(): Promise<void> {
    this.#requests += 1;
    switch (this.#requests % 8) {
      case 0:
        return this.#abortHttp1();
      case 1:
        return this.#abortHttp2();
      case 2:
        return this.#disconnectAfter('');
      case 3:
        return this.#disconnectAfter(`GET ${basePath} HTTP/1.1\r\nHost: `);
      case 4:
      case 5:
        // What becomes of an attacker's own connection is his affair.
        return this.#attacker.attack().catch(() => undefined);
      default:
        return this.#sendInvalid(
          invalidRequests[this.#requests % invalidRequests.length] ?? invalidRequests[0],
        );
    }
  }

  async #abortHttp1(): Promise<void> {
    const request = this.#parts.clients.startHttp1(this.#path());
    request.on('error', () => undefined).on('response', (reply) => reply.on('error', () => undefined));
    await this.#shortDelay();
    request.destroy();
  }

  async #abortHttp2(): Promise<void> {
    const { session, stream } = this.#parts.clients.startHttp2(this.#path());
    stream.on('error', () => undefined);
    await this.#shortDelay();
    stream.close();
    await this.#shortDelay();
    session.destroy();
  }

  /** Sends this much of a request, then closes the connection. */
  async #disconnectAfter(text: string): Promise<void> {
    const { hostname, port } = new URL(this.#parts.clients.url);
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
    socket.on('error', () => undefined).write(text);
    await this.#shortDelay();
    socket.destroy();
  }

  async #sendInvalid(request: InvalidRequest): Promise<void> {
    const { path, status: expected } = request;
    const method = 'method' in request ? request.method : 'GET';
    // A request with its own headers has no client certificate, unless the header is Accept.
    const anonymous = 'headers' in request && !('accept' in request.headers);
    const { status } = await this.#parts.clients.http1(path, {
      method,
      ...('headers' in request && { headers: this.#headersOf(request.headers) }),
      ...(anonymous && { cert: undefined, key: undefined }),
    });
    if (status !== expected) this.#parts.checker.fault(`${status} instead of ${expected}: ${method} ${path}`);
  }

  #headersOf(own: Readonly<Record<string, string>>): Record<string, string> {
    return { host: new URL(this.#parts.clients.url).host, 'x-remote-user': 'some-user', ...own };
  }

  /** Returns the path of an HPA's read or, every third time, of a series that no HPA reads and that mostly needs a query. */
  #path(): string {
    const { population, series, random } = this.#parts;
    this.#aborted += 1;
    if (this.#aborted % 3 === 0) return ownPath((this.#aborted / 3) % series);
    const paths = [...population.active.values()].flatMap(({ hpa }) => hpa.reads.map(({ path }) => path));
    return paths[Math.floor(random() * paths.length)] ?? basePath;
  }

  #shortDelay(): Promise<void> {
    return sleep(this.#parts.random() * maxDelayMs);
  }
}

function ownPath(number: number): string {
  const { project = '', logstore = '' } = soakLogstores[number % soakLogstores.length] ?? {};
  const delaySeconds = 3 + Math.floor(number / soakLogstores.length);
  const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.query.delay': `${delaySeconds}` };
  return readPath('sls_ingress_qps', selectorOf(labels));
}
