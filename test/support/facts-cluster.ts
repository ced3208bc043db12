import type { IssueOptions } from './certificates.ts';
import {
  startCluster,
  ready,
  type ClusterOptions,
  type ClusterReply,
  type ClusterRequest,
} from './cluster.ts';
import type { TestCluster } from './cluster.ts';
import type { AskedAccess } from './scripted-reviews.ts';
import { waitFor } from './wait-for.ts';

export type Protocol = 'h1' | 'h2';
export const protocols: readonly Protocol[] = ['h1', 'h2'];

/** A row of the conformance table: a fact, and a test that fails if it does not hold. */
export type Fact = readonly [fact: string, holds: (ask: Ask, protocol: Protocol) => Promise<void>];

/** Sends a request through the front proxy, as a user with all rights. */
export type Ask = (path?: string, more?: ClusterRequest) => Promise<ClusterReply>;

/** A ready adapter behind a front proxy, and all access reviews that the scripted API server received. */
export class FactsCluster implements AsyncDisposable {
  readonly cluster: TestCluster;
  readonly asked: AskedAccess[] = [];
  #users = 0;

  constructor(cluster: TestCluster) {
    this.cluster = cluster;
    this.allow();
  }

  allow(allowed: (access: AskedAccess) => boolean = () => true): void {
    this.asked.length = 0;
    this.cluster.apiServer.decide = (access) => {
      this.asked.push(access);
      return allowed(access);
    };
  }

  /** Returns a name that is not in any cache. */
  newUser(): string {
    return `user-${(this.#users += 1)}`;
  }

  front(options: IssueOptions = {}) {
    return this.cluster.proxyCa.issue({ cn: 'front-proxy-client', ...options });
  }

  /** Sends a request through the front proxy, as a new user unless the headers name one. */
  async ask(more: ClusterRequest = {}): Promise<ClusterReply> {
    const headers = { 'x-remote-user': this.newUser(), ...more.headers };
    return this.cluster.request({ pair: await this.front(), ...more, headers });
  }

  askOver(protocol: Protocol): Ask {
    return (path, more = {}) => this.ask({ protocol, ...(path === undefined ? {} : { path }), ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
  }
}

export async function startFactsCluster(options: ClusterOptions = {}): Promise<FactsCluster> {
  const cluster = await startCluster(options);
  await waitFor(() => ready(cluster));
  return new FactsCluster(cluster);
}

/** Returns request options with that Accept header. */
export const accepting = (accept: string): ClusterRequest => ({ headers: { accept } });

export const jsonOf = (reply: ClusterReply): unknown => JSON.parse(reply.text);
