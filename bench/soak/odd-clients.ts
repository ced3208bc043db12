import { connect } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { basePath, readPath, selectorOf } from '../../test/support/adapter.ts';
import type { Clients } from './clients.ts';
import type { Population } from './population.ts';
import type { ReadingJudge } from './reading-judge.ts';
import { soakLogstores } from './routes.ts';

/** Requests that nobody should make, and what must come. */
const wrongRequests = [
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

type WrongRequest = (typeof wrongRequests)[number];

/** Whoever hangs up does so within this. */
const mostPatienceMs = 30;

export interface OddParts {
  readonly clients: Clients;
  readonly judge: ReadingJudge;
  readonly population: Population;
  /** How many series are read by nobody else. */
  readonly series: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Clients that hang up, break off and ask what is wrong. */
export class OddClients {
  readonly #parts: OddParts;
  #requests = 0;
  #hangUps = 0;

  constructor(parts: OddParts) {
    this.#parts = parts;
  }

  get requests(): number {
    return this.#requests;
  }

  /** So many a second, until the signal; never rejects. */
  async run(perSecond: number, signal: AbortSignal): Promise<void> {
    const underWay = new Set<Promise<void>>();
    while (!signal.aborted) {
      const one = this.#one().catch((error: unknown) =>
        this.#parts.judge.fault(`an odd request: ${String(error)}`),
      );
      underWay.add(one);
      void one.then(() => underWay.delete(one));
      await sleep((2000 * this.#parts.random()) / perSecond, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(underWay);
  }

  async #one(): Promise<void> {
    this.#requests += 1;
    switch (this.#requests % 6) {
      case 0:
        return this.#hangUpHttp1();
      case 1:
        return this.#hangUpHttp2();
      case 2:
        return this.#breakOff('');
      case 3:
        return this.#breakOff(`GET ${basePath} HTTP/1.1\r\nHost: `);
      default:
        return this.#askWrong(wrongRequests[this.#requests % wrongRequests.length] ?? wrongRequests[0]);
    }
  }

  async #hangUpHttp1(): Promise<void> {
    const request = this.#parts.clients.begin(this.#path());
    request.on('error', () => undefined).on('response', (reply) => reply.on('error', () => undefined));
    await this.#patience();
    request.destroy();
  }

  async #hangUpHttp2(): Promise<void> {
    const { session, stream } = this.#parts.clients.beginHttp2(this.#path());
    stream.on('error', () => undefined);
    await this.#patience();
    stream.close();
    await this.#patience();
    session.destroy();
  }

  /** Says this much, and goes. */
  async #breakOff(text: string): Promise<void> {
    const { hostname, port } = new URL(this.#parts.clients.url);
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
    socket.on('error', () => undefined).write(text);
    await this.#patience();
    socket.destroy();
  }

  async #askWrong(request: WrongRequest): Promise<void> {
    const { path, status: expected } = request;
    const method = 'method' in request ? request.method : 'GET';
    // With headers of its own it comes without a certificate, but for what it accepts.
    const anonymous = 'headers' in request && !('accept' in request.headers);
    const { status } = await this.#parts.clients.http1(path, {
      method,
      ...('headers' in request && { headers: this.#headersOf(request.headers) }),
      ...(anonymous && { cert: undefined, key: undefined }),
    });
    if (status !== expected) this.#parts.judge.fault(`${status} instead of ${expected}: ${method} ${path}`);
  }

  #headersOf(own: Readonly<Record<string, string>>): Record<string, string> {
    return { host: new URL(this.#parts.clients.url).host, 'x-remote-user': 'somebody', ...own };
  }

  /** What an HPA reads; every third one is of nobody else, and mostly has to be asked for. */
  #path(): string {
    const { population, series, random } = this.#parts;
    this.#hangUps += 1;
    if (this.#hangUps % 3 === 0) return ownPath((this.#hangUps / 3) % series);
    const paths = [...population.living.values()].flatMap(({ hpa }) => hpa.reads.map(({ path }) => path));
    return paths[Math.floor(random() * paths.length)] ?? basePath;
  }

  #patience(): Promise<void> {
    return sleep(this.#parts.random() * mostPatienceMs);
  }
}

function ownPath(number: number): string {
  const { project = '', logstore = '' } = soakLogstores[number % soakLogstores.length] ?? {};
  const delaySeconds = 3 + Math.floor(number / soakLogstores.length);
  const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.query.delay': `${delaySeconds}` };
  return readPath('sls_ingress_qps', selectorOf(labels));
}
