import { AdapterError } from '../../errors.ts';
import { routeLabelOf } from '../../metric/catalog.ts';
import { labelDefinitions } from '../../metric/labels.ts';
import { windowSeconds } from '../../metric/sample.ts';
import { filterTexts } from '../../metric/series.ts';
import { enoughEvidence } from '../../reading/adaptive/rise-test.ts';
import type { Row } from '../../sls/read-reply.ts';
import { scannedWindow } from '../../sls/query-text.ts';
import { readingTable } from '../query.ts';
import { alignedTable } from '../table.ts';
import { utcText } from '../time-text.ts';
import { progressOf } from './explanation-json.ts';
import type { Exchange, ExplainedRun, Explanation } from './explanation.ts';

/** Further rows and routes are only counted. */
const maxRows = 20;
const maxRoutes = 10;

const adaptiveText =
  'the last 3, 5, 8 or 12 s of the window instead, if their requests rise against those of the last 60 s';

const withoutCanary = '\nSent instead if the logstore has no index on the column of canaries:\n';

/** Returns what is known before anything is sent, and the query in a form that can be pasted into the SLS console. */
export function explanationText(explanation: Explanation, namespace: string): string {
  const { request, batch, query, key, settings, queryWithoutCanary } = explanation;
  const { metric, project, logstore, maxRetries } = request;
  const routeLabel = routeLabelOf(metric);
  const { window, plannedAtSeconds } = batch.query;
  const scanned = scannedWindow(batch.query);
  const filters = Object.entries(filterTexts(request.filters)).map(([name, value]) => `${name} ${value}`);
  const facts: readonly (readonly [string, string])[] = [
    ['metric', `${metric.name}, ${metric.unit}: ${metric.description}`],
    [routeLabel === labelDefinitions.route.name ? 'routes' : routeLabel, routesText(explanation)],
    ['filters', filters.length === 0 ? 'none' : filters.join(', ')],
    ['endpoint', `${explanation.key.endpoint} (${explanation.endpointSource})`],
    ['project', project],
    ['logstore', logstore],
    [
      'window',
      `${utcText(window.startSeconds)} to ${utcText(window.endSeconds)}, end excluded: ` +
        `${request.intervalSeconds} s that end ${explanation.delaySeconds} s before ${utcText(plannedAtSeconds)}`,
    ],
    ['adaptive', key.windowMode === 'adaptive' ? adaptiveText : ''],
    ['delay', `${explanation.delaySeconds} s (${delayText(explanation)})`],
    [
      'freshness',
      `served from memory for ${settings.freshnessSeconds} s, refreshed before reads that are due; ` +
        `if SLS fails, served until it is ${settings.maxStaleSeconds} s old`,
    ],
    ['retries', `at most ${maxRetries}, within ${settings.deadlineSeconds} s`],
    ['access', accessText(explanation, namespace)],
    ['readers', readersText(explanation)],
    ['shared', sharedText(explanation)],
  ];
  return lines([
    ...facts.filter(([, text]) => text !== '').map(([name, text]) => `${name.padEnd(10)} ${text}`),
    '',
    `Query, for ${scanned.startSeconds} to ${scanned.endSeconds} (Unix seconds):`,
    '',
    ...indented(query.query),
    ...(queryWithoutCanary === undefined ? [] : [withoutCanary, ...indented(queryWithoutCanary)]),
  ]);
}

function routesText({ request: { routes }, batch: { query } }: Explanation): string {
  if (routes === undefined) return 'all: the whole logstore';
  const shown = routes.slice(0, maxRoutes).join(', ');
  const more = routes.length > maxRoutes ? `, and ${routes.length - maxRoutes} more` : '';
  return `${shown}${more}${query.everyRoute ? ', counted with all others of the logstore' : ''}`;
}

function delayText({ delaySource, settings: { delay } }: Explanation): string {
  const texts = {
    label: 'label sls.query.delay',
    configuration: 'reading.delaySeconds',
    learned: 'learned from how late the lines of the logstore arrive',
    'start value': `reading.delay.initialSeconds; a running adapter learns the delay, ${delay.leastSeconds} to ${delay.mostSeconds} s, and logs it`,
  };
  return texts[delaySource];
}

function accessText({ access }: Explanation, namespace: string): string {
  const { refusal, ownRoutesOnly, allowedBy } = access;
  if (refusal !== undefined) return refusal.what;
  const by = [
    ...(ownRoutesOnly ? ['access.ownRoutesOnly'] : []),
    ...allowedBy.map((name) => `rule "${name}"`),
  ];
  return `namespace ${namespace} may read it, ${by.length === 0 ? 'since there are no rules' : `by ${by.join(' and ')}`}`;
}

function readersText({ readers }: Explanation): string {
  const texts = readers.map(({ namespaces, allowedBy }) => {
    const by = allowedBy === undefined ? '' : ` (${allowedBy})`;
    return `${namespaces.includes('*') ? 'every namespace' : namespaces.join(', ')}${by}`;
  });
  return texts.length === 0 ? 'no namespace may read it' : texts.join('; ');
}

function sharedText({ request, key, settings, batch }: Explanation): string {
  const kind =
    typeof key.logKind === 'string'
      ? `${key.logKind} metrics of`
      : 'metrics of the configuration with the same search, groupBy and labels, and of';
  const others = `${kind} the same project, logstore, window, filters and endpoint`;
  if (key.scope === 'logstore') return `one query with all ${others} that name no route`;
  const label = routeLabelOf(request.metric);
  const noun = label === labelDefinitions.route.name ? 'route' : `value of ${label}`;
  const names = batch.query.everyRoute
    ? `it counts every ${noun}`
    : `it counts the ones that are read by name, or every ${noun} if more than ${settings.maxNamedRoutes} are read within 15 s`;
  return `one query with all ${others}, for any ${noun}; ${names}`;
}

/** Returns the queries with their results, and the reading. The command prints the error, if there is one. */
export function runText({ exchanges, items }: ExplainedRun, { request }: Explanation, nowMs: number): string {
  const sent = exchanges.flatMap((exchange, index) => ['', ...exchangeText(exchange, index + 1)]);
  const reading = items === undefined ? [] : ['', readingTable(items, request.metric, nowMs)];
  return lines([...sent, ...riseLines(items), ...reading]);
}

/** Returns the figures of the test that chooses an adaptive window. */
function riseLines(items: ExplainedRun['items'] = []): string[] {
  const rows = items.flatMap(({ labels, sample, riseTests = [] }) =>
    riseTests.map(({ seconds, lines: count, logLikelihoodRatio, dispersion, evidence }) => [
      labels[labelDefinitions.route.name] ?? 'all',
      `${seconds}s`,
      String(count),
      logLikelihoodRatio.toFixed(1),
      dispersion.toFixed(1),
      evidence.toFixed(1),
      seconds === windowSeconds(sample.window) ? 'the window' : '',
    ]),
  );
  if (rows.length === 0) return [];
  const head = ['ROUTE', 'LAST', 'LINES', 'LLR', 'DISPERSION', 'EVIDENCE', ''];
  return [
    '',
    `requests rise where the evidence is above ${enoughEvidence}; a running adapter knows the dispersion of up to 300 s, this one of 60 s:`,
    '',
    ...alignedTable(head, rows).split('\n').map(indent),
  ];
}

function exchangeText({ elapsedMs, answer }: Exchange, number: number): string[] {
  const progress = progressOf(answer);
  const head = `query ${number}: ${progress ?? 'no result'} after ${Math.round(elapsedMs)} ms`;
  if (answer instanceof AdapterError) return [head, `  ${answer.what}`];
  const { rows, requestId, processedRows, processedBytes, serverElapsedMs } = answer;
  const facts = [
    ...(serverElapsedMs === undefined ? [] : [`${serverElapsedMs} ms in SLS`]),
    `${processedRows ?? '?'} lines`,
    `${processedBytes ?? '?'} bytes read`,
    `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`,
    `request ${requestId ?? '?'}`,
  ];
  return [`${head}, ${facts.join(', ')}`, ...rowLines(rows)];
}

function rowLines(rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const shown = rows.slice(0, maxRows).map((row) => columns.map((column) => row[column] ?? ''));
  const more = rows.length > maxRows ? [`  … and ${rows.length - maxRows} more`] : [];
  return ['', ...alignedTable(columns, shown).split('\n').map(indent), ...more];
}

const indent = (line: string) => `  ${line}`;
const indented = (query: string) => queryLines(query).map(indent);
const lines = (all: readonly string[]) => `${all.join('\n')}\n`;

/** Matches a quoted text, which stays as it is, or the space before a clause of the statement. */
const partOrQuoted = /'(?:[^']|'')*'|"[^"]*"| (?=\| |(?:FROM|WHERE|AND|GROUP BY|ORDER BY|LIMIT) )/g;

/**
 * Splits a query, `search | SELECT …`, into readable lines. Only spaces before clauses become line breaks, which mean the
 * same to SLS.
 */
export function queryLines(query: string): string[] {
  const broken = query.replaceAll(partOrQuoted, (found) => (found === ' ' ? '\n' : found));
  return broken.split('\n').map((line) => (line.startsWith('AND ') ? `  ${line}` : line));
}
