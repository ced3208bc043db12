import { AdapterError, toAdapterError } from '../errors.ts';
import { windowSeconds, type Window } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import type { LogSource } from '../sls/client.ts';
import { countLines, countsBySecond, type CountsBySecond } from '../sls/counts-by-second.ts';
import type { Endpoint } from '../sls/endpoint.ts';
import { SecondCounts, type CountedSeries } from './traffic.ts';

export interface SlsTrafficContext {
  readonly logs: LogSource;
  readonly endpointOf: (series: Series) => Endpoint;
  readonly hasHeartbeats: (series: Series) => boolean;
  /** Repeats an attempt that SLS could not finish. */
  readonly retry: <T>(attempt: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Called with the share of the log that was fetched. */
  readonly onProgress: (share: number) => void;
}

/** One query reads this much of the log at most; SLS answers within seconds up to some millions of lines. */
const partSeconds = 3600;
/** SLS runs 15 queries of a project at a time, and the adapter needs some. */
const concurrency = 3;
/** A part that SLS cannot finish is halved down to this. */
const shortestPartSeconds = 60;

/**
 * Fetches what each series counted in each second.
 *
 * @param byMetric for each metric of the HPA, its series
 * @throws AdapterError with one of the codes of SLS; `TrafficMissing` if the log begins later than the window
 */
export async function fetchTraffic(
  byMetric: readonly (readonly Series[])[],
  window: Window,
  context: SlsTrafficContext,
  signal: AbortSignal,
): Promise<readonly (readonly CountedSeries[])[]> {
  // One query answers series that differ in nothing but the route.
  const groups = byMetric.flatMap((series) => [...Map.groupBy(series, ({ groupKey }) => groupKey).values()]);
  const parts = partsOf(window);
  const jobs = groups.flatMap((group) => parts.map((part) => ({ group, part, counts: noCounts })));
  const left = (function* () {
    yield* jobs;
  })();
  let done = 0;
  // They share the generator. An error in one loop closes it, which ends the others.
  const fetchSome = async () => {
    for (const job of left) {
      job.counts = await fetchPart(job.group, job.part, context, signal);
      context.onProgress(++done / jobs.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, fetchSome));
  const byKey = new Map(
    groups.flatMap((group) => {
      const counts = jobs.filter((job) => job.group === group).flatMap((job) => job.counts);
      return group.map((one) => [one.key, joined(one, window, counts)] as const);
    }),
  );
  const none = new SecondCounts(window.startSeconds, new Map());
  const counted = byMetric.map((series) =>
    series.map((one) => ({ series: one, counts: byKey.get(one.key) ?? none })),
  );
  await checkRetention(counted, window, context, signal);
  return counted;
}

const noCounts: readonly CountsBySecond[] = [];

function partsOf({ startSeconds, endSeconds }: Window): Window[] {
  const parts: Window[] = [];
  for (let start = startSeconds; start < endSeconds;) {
    // Whole hours of the clock, so that SLS may answer the same part again from what it keeps.
    const end = Math.min(endSeconds, (Math.floor(start / partSeconds) + 1) * partSeconds);
    parts.push({ startSeconds: start, endSeconds: end });
    start = end;
  }
  return parts;
}

/** Returns the counts of one part of the time. */
function fetchPart(
  series: readonly Series[],
  part: Window,
  context: SlsTrafficContext,
  signal: AbortSignal,
): Promise<readonly CountsBySecond[]> {
  const [first] = series;
  if (first === undefined) return Promise.resolve([]);
  const { project, logstore, metric, filters } = first;
  const routes = series.flatMap(({ route }) => route ?? []);
  const query = {
    ...{ endpoint: context.endpointOf(first), project, logstore, filters },
    ...{ logKind: metric.logKind, aggregates: metric.aggregates },
    routes: routes.length === 0 ? undefined : routes,
    withoutHeartbeats: context.hasHeartbeats(first),
  };
  return inHalves(part, shortestPartSeconds, (window) =>
    context.retry((either) => countsBySecond({ ...query, window }, context.logs, either), signal),
  );
}

/** Fetches a part of the time, in halves of whole minutes if SLS cannot finish it. */
export async function inHalves<T>(
  part: Window,
  shortestSeconds: number,
  fetch: (part: Window) => Promise<T>,
): Promise<readonly T[]> {
  try {
    return [await fetch(part)];
  } catch (thrown) {
    const { code } = toAdapterError(thrown);
    const isTooMuch = code === 'SlsIncomplete' || code === 'DeadlineExceeded' || code === 'SlsTimeout';
    if (!isTooMuch || windowSeconds(part) <= shortestSeconds) throw thrown;
    const middle = part.startSeconds + Math.ceil(windowSeconds(part) / 120) * 60;
    const earlier = await inHalves({ ...part, endSeconds: middle }, shortestSeconds, fetch);
    return [...earlier, ...(await inHalves({ ...part, startSeconds: middle }, shortestSeconds, fetch))];
  }
}

/** Joins the parts of one series, which follow each other without a gap. */
function joined({ route, metric }: Series, window: Window, parts: readonly CountsBySecond[]): SecondCounts {
  const counts = new Map(
    Object.keys(metric.aggregates).map((alias) => [alias, new Float64Array(windowSeconds(window))]),
  );
  for (const [alias, all] of counts) {
    let offset = 0;
    for (const piece of parts) {
      const values = piece.get(route)?.get(alias);
      if (values === undefined) continue;
      all.set(values, offset);
      offset += values.length;
    }
  }
  return new SecondCounts(window.startSeconds, counts);
}

/** If the routes have no request at the beginning, the log may have none yet: then a replay would take that for 0. */
async function checkRetention(
  byMetric: readonly (readonly CountedSeries[])[],
  { startSeconds, endSeconds }: Window,
  context: SlsTrafficContext,
  signal: AbortSignal,
): Promise<void> {
  const [first] = byMetric.flat();
  if (first === undefined) return;
  const { series } = first;
  const isQuiet = (until: number) =>
    byMetric
      .flat()
      .every(({ counts }) => counts.aliases.every((one) => counts.sum(one, startSeconds, until) === 0));
  const minute = startSeconds + 60;
  if (!isQuiet(minute)) return;
  const address = {
    endpoint: context.endpointOf(series),
    project: series.project,
    logstore: series.logstore,
  };
  const linesUntil = (until: number) =>
    context.retry(
      (either) => countLines(address, { startSeconds, endSeconds: until }, context.logs, either),
      signal,
    );
  const hour = Math.min(endSeconds, startSeconds + partSeconds);
  if ((await linesUntil(hour)) > 0) return;
  let quietUntil = hour;
  while (quietUntil < endSeconds && isQuiet(quietUntil + partSeconds)) quietUntil += partSeconds;
  const name = `project ${series.project}, logstore ${series.logstore}`;
  const from = new Date(Math.min(quietUntil, endSeconds) * 1000).toISOString();
  throw new AdapterError(
    'TrafficMissing',
    quietUntil >= endSeconds
      ? `${name}: the log has no line of any route in that time`
      : `${name}: the log has no line before ${from}`,
    quietUntil >= endSeconds ? {} : { remedy: `Begin later, for example --from ${from}.` },
  );
}
