import http from 'node:http';
import https from 'node:https';
import type { Proxy } from './proxy.ts';

/** Those of a project that is read are used every 15 s. Those of others, such as projects that do not exist, are closed. */
const idleMs = 45_000;
/** Of one host. More queries of a project than this rarely run. */
const maxIdleSockets = 15;

interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/**
 * Kept-alive connections: direct ones, and those through each proxy. They are bounded by the queries that run, which take turns
 * by namespace, and closed when they are idle.
 */
export class AgentPool {
  readonly direct = agentsOf();
  /**
   * By URL: the environment names at most two.
   *
   * @bound two proxies | - | - | the environment
   */
  readonly #proxied = new Map<string, Agents>();

  through(proxy: Proxy): Agents {
    const agents = this.#proxied.get(proxy.url) ?? agentsOf(proxy);
    this.#proxied.set(proxy.url, agents);
    return agents;
  }

  close(): void {
    for (const agents of [this.direct, ...this.#proxied.values()]) {
      agents.http.destroy();
      agents.https.destroy();
    }
  }
}

/** Node sends `http:` requests to the proxy, and opens a tunnel through it for `https:`. */
function agentsOf(proxy?: Proxy): Agents {
  const proxyEnv = proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url } };
  // The time-out of an agent closes idle connections only.
  const options = { keepAlive: true, timeout: idleMs, maxFreeSockets: maxIdleSockets, ...proxyEnv };
  return { http: new http.Agent(options), https: new https.Agent(options) };
}
