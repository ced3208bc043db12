import http from 'node:http';
import https from 'node:https';
import type { Proxy } from './proxy.ts';

interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** Kept-alive connections: direct ones, and those through each proxy. */
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
  const options = { keepAlive: true, ...proxyEnv };
  return { http: new http.Agent(options), https: new https.Agent(options) };
}
