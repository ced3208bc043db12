import { coldPath, coldRoutes, startColdAdapter, type ColdAdapter } from '../cold/cold-adapter.ts';
import type { Row } from '../row.ts';
import { figureOf, quantile } from '../statistics.ts';
import type { SeenQuery } from '../sls/messages.ts';

/** Every burst is of series with an interval of their own, so that none is answered by what an earlier one read. */
const intervalsSeconds = [15, 16, 17, 18, 19];
const mostQueries = 6;
/** By default it answers 400 at a time and refuses the others. */
const config = { server: { maxRequestsInFlight: coldRoutes } };

interface Burst {
  readonly failed: number;
  readonly queries: number;
  readonly lastMs: number;
  readonly medianMs: number;
}

/** All routes of a logstore at once, none of which anybody has read before: a replica that has just started. */
export const coldBurst: Row = {
  name: 'cold-burst',
  async measure({ signal, progress }) {
    await using adapter = await startColdAdapter(progress, JSON.stringify(config));
    await adapter.frontProxy.connect(coldRoutes);
    const bursts: Burst[] = [];
    for (const intervalSeconds of intervalsSeconds) {
      signal.throwIfAborted();
      bursts.push(await burst(adapter, intervalSeconds, progress));
    }
    const of = (figure: keyof Burst) => figureOf(bursts.map((one) => one[figure]));
    const row = 'cold-burst';
    const failed = bursts.reduce((sum, one) => sum + one.failed, 0);
    return [
      {
        row,
        what: `${coldRoutes} reads at once: failed`,
        unit: '',
        measured: { value: failed },
        target: { bound: 'at most', value: 0 },
      },
      {
        row,
        what: 'SLS queries that it took',
        unit: '',
        measured: of('queries'),
        target: { bound: 'at most', value: mostQueries },
      },
      { row, what: 'until the median one is answered', unit: 'ms', measured: of('medianMs') },
      { row, what: 'until the last is answered', unit: 'ms', measured: of('lastMs') },
    ];
  },
};

async function burst(
  { sls, frontProxy }: ColdAdapter,
  intervalSeconds: number,
  progress: (text: string) => void,
): Promise<Burst> {
  const replies = await Promise.allSettled(
    Array.from({ length: coldRoutes }, (_, place) => frontProxy.get(coldPath(place, intervalSeconds))),
  );
  const good = replies.flatMap((reply) =>
    reply.status === 'fulfilled' && reply.value.status === 200 ? [reply.value.tookMs] : [],
  );
  const bad = replies.find((reply) => reply.status === 'rejected' || reply.value.status !== 200);
  if (bad !== undefined)
    progress(`a read failed: ${bad.status === 'rejected' ? bad.reason : bad.value.body.toString()}`);
  const isOfBurst = ({ kind, fromSeconds, toSeconds }: SeenQuery) =>
    kind === 'reading' && toSeconds - fromSeconds === intervalSeconds;
  return {
    failed: coldRoutes - good.length,
    queries: sls.queries.filter(isOfBurst).length,
    lastMs: Math.max(...good),
    medianMs: quantile(good, 0.5),
  };
}
