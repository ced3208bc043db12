import { accessReadOf, createAccessCheck, type AccessRead } from '../access/access-check.ts';
import { externalMetricValueList } from '../api/read/external-metrics.ts';
import type { Config } from '../config/schema.ts';
import { nearest } from '../doctor/edit-distance.ts';
import { seenRoutes, unseenOf } from '../doctor/seen-routes.ts';
import { AdapterError, toAdapterError } from '../errors.ts';
import { parseLabelSelector } from '../grammar/label-selector.ts';
import { formatQuantity, quantityNumber } from '../grammar/quantity.ts';
import { routeLabelOf, type Catalog, type MetricDefinition } from '../metric/catalog.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { isIngressLog } from '../metric/log-kind.ts';
import { parseMetricRequest, type MetricRequest } from '../metric/metric-request.ts';
import { windowSeconds } from '../metric/sample.ts';
import type { ReadingItem } from '../reading/reader.ts';
import { catalogOf } from '../service/catalog.ts';
import type { ReadingStack } from '../service/reading-stack.ts';
import { loadCommandConfig, openReading, type Flags } from './command-config.ts';
import { countHistory } from './explain/explain-forecast.ts';
import { writeResult, type Io } from './io.ts';
import { alignedTable } from './table.ts';
import { utcText } from './time-text.ts';

export interface QueryOptions {
  readonly selector: string;
  readonly namespace: string;
  readonly output: 'table' | 'json';
}

/** Reads one metric from SLS once, like the adapter. If `access` refuses the read, it warns and reads nevertheless. */
export async function query(metricName: string, options: QueryOptions & Flags, io: Io): Promise<void> {
  const config = await loadCommandConfig(options, io);
  const { request, access } = parseRead(metricName, options, config);
  const refusal = createAccessCheck(config.access)(access);
  if (refusal !== undefined) io.stderr.write(`Warning: for an HPA, ${refusal.message} (${refusal.code})\n`);
  using reading = openReading(config, io);
  if (request.metric.isForecast === true) await countHistory(request, reading, options.namespace, io.signal);
  const { items } = await reading.reader.read(request, io.signal);
  const table = readingTable(items, request.metric, io.clock.now());
  writeResult(io, options.output, externalMetricValueList(metricName, items), `${table}\n`);
  const zero = items.flatMap(({ labels, sample }) =>
    sample.value === 0 ? (labels[labelDefinitions.route.name] ?? []) : [],
  );
  const unseen = await unseenRouteWarning(request, zero, reading, io.clock.now(), io.signal);
  if (unseen !== undefined) io.stderr.write(`Warning: ${unseen}\n`);
}

/** @throws AdapterError as `parseMetricRequest` */
export function parseRead(
  metricName: string,
  { selector, namespace }: QueryOptions,
  config: Config,
): { readonly request: MetricRequest; readonly access: AccessRead } {
  const requirements = parseLabelSelector(selector);
  const catalog = catalogOf(config);
  const parse = () => parseMetricRequest(metricName, namespace, requirements, config.defaults, catalog);
  const request = namingSimilar(metricName, catalog, parse);
  return { request, access: accessReadOf(namespace, requirements, request) };
}

/** Runs `parse`. If there is no such metric, the remedy has the most similar name. */
function namingSimilar<T>(metricName: string, { metrics }: Catalog, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AdapterError) || error.code !== 'MetricUnknown') throw error;
    const names = metrics.map(({ name }) => name);
    const [similar] = nearest(metricName, names, 1);
    if (similar === undefined) throw error;
    const remedy = `The most similar name is ${similar}; docs/metrics.md has all names.`;
    throw new AdapterError(error.code, error.what, { remedy });
  }
}

/** Returns a table with one line an item. */
export function readingTable(items: readonly ReadingItem[], metric: MetricDefinition, nowMs: number): string {
  const routeLabel = routeLabelOf(metric);
  const ofRoutes = routeLabel === labelDefinitions.route.name ? 'ROUTE' : routeLabel.toUpperCase();
  const head = items.some(({ labels }) => routeLabel in labels) ? ofRoutes : 'LABELS';
  return alignedTable(
    [head, 'VALUE', 'UNIT', 'QUANTITY', 'WINDOW', 'WINDOW END', 'AGE'],
    items.map(({ labels, sample }) => {
      const quantity = formatQuantity(sample.value);
      return [
        labels[routeLabel] ?? (filtersText(labels) || '(whole logstore)'),
        // What the HPA gets, as a plain number.
        String(quantityNumber(sample.value)),
        metric.unit,
        quantity,
        `${windowSeconds(sample.window)}s`,
        utcText(sample.window.endSeconds),
        `${Math.round(nowMs / 1000 - sample.window.endSeconds)}s`,
      ];
    }),
  );
}

/** Returns the labels that select lines: all but those that name the logstore. */
const filtersText = (labels: ReadingItem['labels']): string =>
  Object.entries(labels)
    .filter(([name]) => name !== labelDefinitions.project.name && name !== labelDefinitions.logstore.name)
    .map(([name, value]) => `${name}${/^(not)?in \(/.test(value) ? ' ' : '='}${value}`)
    .join(',');

/** How far back a route is looked for. */
const reachSeconds = 3600;

/**
 * Returns a warning if a route that reads 0 was not logged within the last hour: a misspelt route reads 0 as well as one
 * without requests. Queries SLS only for such a route.
 *
 * @param zero the routes that read 0
 */
async function unseenRouteWarning(
  request: MetricRequest,
  zero: readonly string[],
  { sls }: ReadingStack,
  nowMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (zero.length === 0 || !isIngressLog(request.metric.logKind)) return undefined;
  const endSeconds = Math.floor(nowMs / 1000) + 1;
  const window = { startSeconds: endSeconds - reachSeconds, endSeconds };
  try {
    const unseen = unseenOf(zero, await seenRoutes(request, sls, window, signal));
    if (unseen.length === 0) return undefined;
    return `no request was logged within the last hour for ${unseen.map(({ text }) => text).join(', ')}: correct the route, unless it really has no requests`;
  } catch (error) {
    return `it is unknown whether the log has the route: ${toAdapterError(error).what}`;
  }
}
