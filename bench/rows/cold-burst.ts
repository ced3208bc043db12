import type { Row } from '../row.ts';
import type { SeenQuery } from '../sls/messages.ts';
import { figureOf, quantile } from '../statistics.ts';
import { coldPath, coldRoutes, startColdAdapter, type ColdAdapter } from '../support/cold-adapter.ts';

/** The interval of each burst. Every burst reads its own series, so that no earlier reading can answer it. */
const intervalsSeconds = [15, 16, 17, 18, 19];
const maxQueries = 5;
/** By default the adapter serves 400 requests at a time and refuses further ones. */
const config = { server: { maxRequestsInFlight: coldRoutes } };

interface Burst {
  readonly failed: number;
  readonly queries: number;
  readonly lastMs: number;
  readonly medianMs: number;
}

/** Reads all routes of a logstore at once, none of them read before, as after the start of a replica. */
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
        what: `failed reads, of ${coldRoutes} at once`,
        unit: '',
        measured: { value: failed },
        target: { bound: 'at most', value: 0 },
      },
      {
        row,
        what: 'SLS queries per burst',
        unit: '',
        measured: of('queries'),
        target: { bound: 'at most', value: maxQueries },
      },
      { row, what: 'time to the median response', unit: 'ms', measured: of('medianMs') },
      { row, what: 'time to the last response', unit: 'ms', measured: of('lastMs') },
    ];
  },
};

async function burst(
  { sls, frontProxy }: ColdAdapter,
  intervalSeconds: number,
  progress: (text: string) => void,
): Promise<Burst> {
  const replies = await Promise.allSettled(
    Array.from({ length: coldRoutes }, (_, index) => frontProxy.get(coldPath(index, intervalSeconds))),
  );
  const good = replies.flatMap((reply) =>
    reply.status === 'fulfilled' && reply.value.status === 200 ? [reply.value.tookMs] : [],
  );
  const bad = replies.find((reply) => reply.status === 'rejected' || reply.value.status !== 200);
  if (bad !== undefined)
    progress(
      `cold-burst: a read failed: ${bad.status === 'rejected' ? bad.reason : bad.value.body.toString()}`,
    );
  const isOfBurst = ({ kind, windowStartSeconds, windowEndSeconds }: SeenQuery) =>
    kind === 'reading' && windowEndSeconds - windowStartSeconds === intervalSeconds;
  return {
    failed: coldRoutes - good.length,
    queries: sls.queries.filter(isOfBurst).length,
    lastMs: Math.max(...good),
    medianMs: quantile(good, 0.5),
  };
}
