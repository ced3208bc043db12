import { waitFor } from '../../test/support/wait-for.ts';
import { coldPath, routeName, startColdAdapter, type ColdAdapter } from '../cold/cold-adapter.ts';
import type { Row } from '../row.ts';
import { DirectQuery } from '../sls/direct-query.ts';
import type { SeenQuery } from '../sls/messages.ts';
import { figureOf } from '../statistics.ts';

const rounds = 30;
const intervalSeconds = 15;
const mostMoreMs = 15;

/** A read of what nobody has read before, beside the query that it took, sent to SLS directly. */
export const coldRead: Row = {
  name: 'cold-read',
  async measure({ signal, progress }) {
    await using adapter = await startColdAdapter(progress);
    using direct = new DirectQuery(adapter.sls.url);
    const [readsMs, directsMs]: [number[], number[]] = [[], []];
    let query = (await readCold(adapter, 1)).query;
    for (let round = 0; round < rounds; round += 1) {
      signal.throwIfAborted();
      // What changes on the machine meanwhile falls on either side.
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
        beside: { what: 'SLS alone', figure: figureOf(directsMs) },
        compared: { as: 'more', figure: figureOf(readsMs.map((ms, round) => ms - (directsMs[round] ?? 0))) },
        target: { bound: 'at most', value: mostMoreMs },
      },
    ];
  },
};

/** @throws Error where it failed, or SLS was not asked for it */
async function readCold({ sls, frontProxy }: ColdAdapter, place: number) {
  const { status, body, tookMs } = await frontProxy.get(coldPath(place, intervalSeconds));
  if (status !== 200) throw new Error(`a cold read failed: ${status} ${body.toString()}`);
  const named = `'${routeName(place)}'`;
  const askedFor = (): SeenQuery | undefined => sls.queries.find(({ text }) => text.includes(named));
  return { tookMs, query: await waitFor(askedFor, 1000, `the query for ${named}`) };
}
