import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

interface SendOptions {
  /** Default: each connection sends the next request once it has the response. */
  readonly perSecond?: number;
  /** Keep-alive connections, each with one request at a time. Default: 4. */
  readonly connections?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends exactly `count` GET requests over keep-alive connections, without retries.
 * Returns the number of responses by status and the number of connections used.
 *
 * @throws Error if a request fails
 */
export async function sendRequests(
  url: string,
  path: string,
  count: number,
  options: SendOptions = {},
): Promise<{ statuses: Readonly<Record<string, number>>; connections: number }> {
  const { perSecond, connections = 4, headers = {} } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const sockets = new Set<unknown>();
  const statuses: Record<string, number> = {};
  const startMs = performance.now();
  let sent = 0;
  const send = async (): Promise<void> => {
    while (sent < count) {
      const offsetMs = perSecond === undefined ? 0 : (sent * 1000) / perSecond;
      sent++;
      const waitMs = startMs + offsetMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const request = get(new URL(path, url), { agent, headers });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      sockets.add(request.socket);
      const status = String(response.statusCode);
      statuses[status] = (statuses[status] ?? 0) + 1;
      response.resume();
      await once(response, 'end');
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, send));
  } finally {
    agent.destroy();
  }
  return { statuses, connections: sockets.size };
}
