import type { Config } from '../../config/schema.ts';
import { projectSettings } from '../../config/project-settings.ts';
import { AdapterError } from '../../errors.ts';
import type { Series } from '../../metric/series.ts';
import { withRetry } from '../../reading/retry.ts';
import { readAccessLog } from '../../replay/access-log-file.ts';
import { parseTime, readCounts, spreadEvenly } from '../../replay/counts-file.ts';
import {
  fetchMinutes,
  historySeconds,
  minutesOf,
  type MinuteHistory,
} from '../../replay/forecast-readings.ts';
import type { ReplayedForecast, ReplayedHpa } from '../../replay/replayed-hpa.ts';
import { leadSeconds, type ReadingRules } from '../../replay/readings.ts';
import { fetchTraffic, type SlsTrafficContext } from '../../replay/sls-traffic.ts';
import { checkTraffic, SecondCounts, type Traffic } from '../../replay/traffic.ts';
import { openReading } from '../command-config.ts';
import type { Io } from '../io.ts';
import { ProgressBar } from '../progress.ts';
import { utcText } from '../time-text.ts';

export interface SourceOptions {
  readonly counts?: string;
  readonly accessLog?: string;
  /** Unix seconds or RFC 3339. */
  readonly from?: string;
  readonly to?: string;
  /** Milliseconds. */
  readonly last?: number;
}

/** Whether the traffic comes from a file. */
export const isFile = ({ counts, accessLog }: SourceOptions): boolean =>
  counts !== undefined || accessLog !== undefined;

interface LoadedTraffic {
  readonly traffic: Traffic;
  /** For each forecast, the minutes of its series, from some days before the traffic on. */
  readonly histories: readonly (readonly MinuteHistory[])[];
  /** For people: the file, or the logstore. */
  readonly source: string;
  readonly notes: readonly string[];
}

const mostDays = 31;
/** A query of an hour of a busy log takes longer than a read may. */
const deadlineMs = 60_000;
const maxRetries = 5;

/** @throws AdapterError `TrafficInvalid`, `TrafficMissing`, `ConfigInvalid`, or one of the codes of SLS */
export async function loadTraffic(
  hpa: ReplayedHpa,
  rules: ReadingRules,
  forecasts: readonly ReplayedForecast[],
  options: SourceOptions,
  config: Config,
  io: Io,
): Promise<LoadedTraffic> {
  const range = rangeOf(options, io.clock.now());
  const series = hpa.requests.map((request) => request.series);
  const lead = leadSeconds(series.flat(), rules);
  const wanted = { series, forecasts: forecasts.map((one) => one.series) };
  const loaded =
    options.counts !== undefined
      ? await fromCounts(options.counts, wanted, range, lead)
      : options.accessLog !== undefined
        ? await fromAccessLog(options.accessLog, wanted, range, lead)
        : await fromSls(wanted, range, lead, config, io);
  checkTraffic(loaded.traffic, loaded.source);
  return loaded;
}

/** For each metric, and for each forecast, its series. */
interface Wanted {
  readonly series: readonly (readonly Series[])[];
  readonly forecasts: readonly (readonly Series[])[];
}

/** Returns what a file has of the metrics and of the forecasts, which come after them. */
const partsOf = (counted: Traffic['byMetric'], { series }: Wanted) => ({
  byMetric: counted.slice(0, series.length),
  histories: counted
    .slice(series.length)
    .map((ofForecast) => ofForecast.map((one) => minutesOf(one.series, one.counts))),
});

interface Range {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

function rangeOf({ from, to, last, counts, accessLog }: SourceOptions, nowMs: number): Range {
  const invalid = (what: string, remedy?: string) => new AdapterError('ConfigInvalid', what, { remedy });
  const example = 'Write --last 24h, or --from 2026-11-24T00:00:00Z --to 2026-11-25T00:00:00Z.';
  const isFile = counts !== undefined || accessLog !== undefined;
  if (counts !== undefined && accessLog !== undefined)
    throw invalid('--counts and --access-log are given, and one of them is enough', 'Leave one out.');
  if (last !== undefined && (from !== undefined || to !== undefined || isFile))
    throw invalid('--last needs neither --from, --to nor a file', example);
  const time = (name: string, text: string | undefined) => {
    const seconds = text === undefined ? undefined : parseTime(text);
    if (text !== undefined && seconds === undefined)
      throw invalid(`--${name} ${JSON.stringify(text)} is no time with a zone`, example);
    return seconds;
  };
  const nowSeconds = Math.floor(nowMs / 1000);
  const fromSeconds = time('from', from) ?? (last === undefined ? undefined : nowSeconds - last / 1000);
  const toSeconds = time('to', to) ?? (isFile ? undefined : nowSeconds);
  if (!isFile && fromSeconds === undefined)
    throw invalid(
      'the time to replay is missing: it comes from SLS without --counts or --access-log',
      example,
    );
  const range = { fromSeconds: fromSeconds ?? -Infinity, toSeconds: toSeconds ?? Infinity };
  if (range.fromSeconds >= range.toSeconds) throw invalid('--from must be before --to', example);
  if (!isFile && range.toSeconds - range.fromSeconds > mostDays * 86_400)
    throw invalid(`the time is longer than ${mostDays} days`, 'Replay a part of it.');
  return range;
}

async function fromCounts(file: string, wanted: Wanted, range: Range, lead: number): Promise<LoadedTraffic> {
  const counts = await readCounts(file);
  const perSecond = spreadEvenly(counts);
  // The file has the sum over all routes.
  const ofSum = wanted.forecasts.map((ofForecast) => ofForecast.slice(0, 1));
  const counted = [...wanted.series, ...ofSum].map((ofMetric) =>
    ofMetric.map((one, index) => ({
      series: one,
      counts: new SecondCounts(
        counts.startSeconds,
        new Map([['requests', index === 0 ? perSecond : new Float64Array(0)]]),
      ),
    })),
  );
  const step =
    counts.stepSeconds > 1
      ? [
          `The requests of each ${counts.stepSeconds} s are taken as evenly spread: shorter peaks do not show, and readings are steadier than in a cluster.`,
        ]
      : [];
  const endSeconds = counts.startSeconds + perSecond.length;
  const { byMetric, histories } = partsOf(counted, wanted);
  const traffic = within(byMetric, counts.startSeconds, endSeconds, range, lead);
  return { traffic, histories, source: file, notes: step };
}

async function fromAccessLog(
  file: string,
  wanted: Wanted,
  range: Range,
  lead: number,
): Promise<LoadedTraffic> {
  const { series, forecasts } = wanted;
  const before = lead + (forecasts.length > 0 ? historySeconds : 0);
  const counted = await readAccessLog(
    file,
    [...series, ...forecasts],
    [range.fromSeconds - before, range.toSeconds],
  );
  const { startSeconds, endSeconds, lines, unreadable } = counted;
  const { byMetric, histories } = partsOf(counted.byMetric, wanted);
  const notes =
    unreadable === 0 ? [] : [`${unreadable} of ${lines} lines are in another form and count for no route.`];
  return { traffic: within(byMetric, startSeconds, endSeconds, range, lead), histories, source: file, notes };
}

/** Returns what can be replayed of a file: the first windows need some seconds before. */
function within(
  byMetric: Traffic['byMetric'],
  startSeconds: number,
  endSeconds: number,
  { fromSeconds, toSeconds }: Range,
  lead: number,
): Traffic {
  return {
    fromSeconds: Math.max(startSeconds + lead, fromSeconds),
    toSeconds: Math.min(endSeconds, toSeconds),
    byMetric,
  };
}

async function fromSls(
  { series, forecasts }: Wanted,
  { fromSeconds, toSeconds }: Range,
  lead: number,
  config: Config,
  io: Io,
): Promise<LoadedTraffic> {
  using reading = openReading(config, io);
  using bar = new ProgressBar(io.stderr, 'Fetching the log');
  const { sls, retryPauses } = reading;
  const [first] = series.flat();
  if (first === undefined) throw new AdapterError('Internal', 'the HPA has no series');
  const { delaySeconds, delay } = projectSettings(config)(first.project).reading;
  // Lines of the last seconds may still come.
  const complete = Math.floor(io.clock.now() / 1000) - (delaySeconds ?? delay.initialSeconds);
  const to = Math.min(Math.floor(toSeconds), complete);
  const from = Math.floor(fromSeconds);
  const window = { startSeconds: from - lead, endSeconds: to };
  if (to <= from)
    throw new AdapterError('TrafficMissing', `the time from ${utcText(from)} has not passed yet`);
  const context: SlsTrafficContext = {
    logs: sls.gates,
    endpointOf: sls.endpointOf,
    hasHeartbeats: (one) => sls.heartbeats?.isIn(one) === true,
    retry: (attempt, signal) => withRetry(attempt, () => maxRetries, signal, { ...retryPauses, deadlineMs }),
    onProgress: bar.show,
  };
  const byMetric = await fetchTraffic(series, window, context, io.signal);
  const histories: (readonly MinuteHistory[])[] = [];
  const days = { ...window, startSeconds: from - historySeconds };
  const count: Parameters<typeof fetchMinutes>[2] = (query, signal) =>
    sls.countMinutes({ ...query, plannedAtSeconds: Math.floor(io.clock.now() / 1000) }, signal);
  for (const one of forecasts) histories.push(await fetchMinutes(one, days, count, context, io.signal));
  const source = `project ${first.project}, logstore ${first.logstore}`;
  return { traffic: { fromSeconds: from, toSeconds: to, byMetric }, histories, source, notes: [] };
}
