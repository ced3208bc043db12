import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { Transport } from '../../src/sls/transport.ts';
import { project } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Row } from '../row.ts';
import type { SeenQuery } from '../sls/messages.ts';
import { figureOf } from '../statistics.ts';
import { coldPath, startColdAdapter, type ColdAdapter } from '../support/cold-adapter.ts';

const rounds = 30;
/** Each read has an interval of its own, so that no result of every route answers the next. */
const firstIntervalSeconds = 15;
const maxMoreMs = 15;

/** Reads of routes that were never read before. The baseline is the query of such a read, sent to SLS directly. */
export const coldRead: Row = {
  name: 'cold-read',
  async measure({ signal, progress }) {
    await using adapter = await startColdAdapter(progress);
    using direct = new DirectQuery(adapter.sls.url);
    const [readsMs, directsMs]: [number[], number[]] = [[], []];
    let query = (await readCold(adapter, 1)).query;
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      // The order alternates, so that a change of the machine's load affects both sides alike.
      if (round % 2 === 0) directsMs.push(await direct.send(query, signal));
      const read = await readCold(adapter, round + 2);
      readsMs.push(read.tookMs);
      query = read.query;
      if (round % 2 === 1) directsMs.push(await direct.send(query, signal));
    }
    return [
      {
        row: 'cold-read',
        what: 'a read that waits for SLS',
        unit: 'ms',
        measured: figureOf(readsMs),
        baseline: { what: 'SLS alone', figure: figureOf(directsMs) },
        compared: { as: 'more', figure: figureOf(readsMs.map((ms, round) => ms - (directsMs[round] ?? 0))) },
        target: { bound: 'at most', value: maxMoreMs },
      },
    ];
  },
};

/** @throws Error if the read fails, or if SLS was not queried for it */
async function readCold({ sls, frontProxy }: ColdAdapter, index: number) {
  const intervalSeconds = firstIntervalSeconds + index;
  const { status, body, tookMs } = await frontProxy.get(coldPath(index, intervalSeconds));
  if (status !== 200) throw new Error(`a cold read failed: ${status} ${body.toString()}`);
  const queryOf = (): SeenQuery | undefined =>
    sls.queries.find(
      ({ windowStartSeconds, windowEndSeconds }) => windowEndSeconds - windowStartSeconds === intervalSeconds,
    );
  return { tookMs, query: await waitFor(queryOf, `the query for an interval of ${intervalSeconds} s`) };
}

/** Queries SLS over the adapter's own transport, without anything else, not even a signature. */
class DirectQuery implements Disposable {
  readonly #transport = new Transport({ connectTimeoutMs: 3000, readTimeoutMs: 10_000 });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Sends a query again that SLS has received before.
   *
   * @returns how long it took, in ms
   * @throws Error if the response is not a 200
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
      throw new Error(`SLS answered with ${reply.statusCode}: ${reply.body.toString()}`);
    return tookMs;
  }

  [Symbol.dispose](): void {
    this.#transport.close();
  }
}
