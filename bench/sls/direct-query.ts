import { project } from '../../test/support/adapter.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { Transport } from '../../src/sls/transport.ts';
import type { SeenQuery } from './messages.ts';

/** Asks SLS over the adapter's own transport, with nothing around it: not even a signature. */
export class DirectQuery implements Disposable {
  readonly #transport = new Transport({ connectTimeoutMs: 3000, readTimeoutMs: 10_000 });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Sends a query that was seen once more.
   *
   * @returns how long it took, in ms
   * @throws Error where the answer is no 200
   */
  async send({ logstore, text, fromSeconds, toSeconds }: SeenQuery, signal: AbortSignal): Promise<number> {
    const endpoint = parseEndpointUrl(this.#url);
    const body = Buffer.from(JSON.stringify({ from: fromSeconds, to: toSeconds, query: text }));
    const startMs = performance.now();
    const reply = await this.#transport.send({
      endpoint,
      project,
      method: 'POST',
      path: `/logstores/${logstore}/logs`,
      headers: {
        host: `${project}.${endpoint.authority}`,
        'content-type': 'application/json',
        'accept-encoding': 'lz4',
        'x-log-apiversion': '0.6.0',
        'x-log-bodyrawsize': String(body.length),
      },
      body,
      signal,
    });
    const tookMs = performance.now() - startMs;
    if (reply.statusCode !== 200)
      throw new Error(`SLS answered ${reply.statusCode}: ${reply.body.toString()}`);
    return tookMs;
  }

  [Symbol.dispose](): void {
    this.#transport.close();
  }
}
