import { labelDefinitions } from '../../metric/labels.ts';
import { windowSeconds } from '../../metric/sample.ts';
import { defaultBackendText, type DefaultBackendUse } from '../../sls/default-backend.ts';
import type { SurveyedRoute, SurveyQuery } from '../../sls/route-survey.ts';
import { alignedTable } from '../table.ts';
import { utcText } from '../time-text.ts';
import { routeLabels } from './route-labels.ts';

/** The routes in a logstore within a window. */
export interface Survey {
  readonly query: SurveyQuery;
  /** In descending order of requests. */
  readonly routes: readonly SurveyedRoute[];
  /** The routes that `--route` names, counted as one. Undefined: it names fewer than two. */
  readonly together: SurveyedRoute | undefined;
  /** True if there are more routes. */
  readonly isCut: boolean;
  /** Requests that failed and that a default backend answered. No route counts them. */
  readonly defaultBackends: readonly DefaultBackendUse[];
  /** Known namespaces. They are needed to split a long route into its parts. */
  readonly namespaces: readonly string[];
}

/** Returns the labels with which an HPA reads a route, or undefined if labels cannot express it. */
export function matchLabelsOf(
  route: string,
  { query, namespaces }: Pick<Survey, 'query' | 'namespaces'>,
): Readonly<Record<string, string>> | undefined {
  const named = routeLabels(route, namespaces);
  const { project, logstore } = labelDefinitions;
  return named && { [project.name]: query.project, [logstore.name]: query.logstore, ...named };
}

/** If requests were logged over less of the window than this, the log may have begun within it. */
const coveredShare = 0.9;

/** Returns a table with one line a route, with its selector. */
export function surveyTable(survey: Survey): string {
  const { query, routes, isCut } = survey;
  const { startSeconds, endSeconds } = query.window;
  if (routes.length === 0)
    return `No request to a backend was logged from ${utcText(startSeconds)} to ${utcText(endSeconds)}.\n`;
  const table = alignedTable(
    ['ROUTE', 'QPS', 'PEAK', 'P95', '5XX', 'LAST SEEN', 'SELECTOR'],
    routes.map((route) => [
      route.route,
      numberText(route.qps),
      numberText(route.peakQps),
      route.latencyP95Ms === undefined ? '-' : `${numberText(route.latencyP95Ms)}ms`,
      route.errorRatio === undefined ? '-' : `${numberText(route.errorRatio * 100)}%`,
      `${endSeconds - route.lastSeenSeconds}s`,
      selectorText(matchLabelsOf(route.route, survey)),
    ]),
  );
  const { project, logstore } = labelDefinitions;
  const notes = [
    `From ${utcText(startSeconds)} to ${utcText(endSeconds)}; QPS is the average of that time, PEAK the busiest minute, LAST SEEN counts back from the end.`,
    ...youngLogNote(survey),
    `Every SELECTOR also needs ${project.name}=${query.project},${logstore.name}=${query.logstore}.`,
    ...(isCut ? [`There are more routes. These ${routes.length} had the most requests (--limit).`] : []),
    ...(routes.some(({ route }) => matchLabelsOf(route, survey) === undefined)
      ? [
          'A route without a selector cannot be named by a metric. If it is only too long, --namespace splits it into its parts.',
        ]
      : []),
    ...survey.defaultBackends.map((use) => `${defaultBackendText(use)}.`),
    ...(survey.defaultBackends.length === 0
      ? []
      : [
          'No route counts these requests, so the routes that failed have too few requests and errors. Scale by',
          `${labelDefinitions.host.name} instead, without a route (docs/troubleshooting.md, "Too low").`,
        ]),
  ];
  return `${[table, '', ...notes].join('\n')}\n`;
}

/** A log that began within the window has fewer requests than the average is taken over. */
function youngLogNote({ query: { window }, routes }: Survey): string[] {
  const ageSeconds = window.endSeconds - Math.min(...routes.map(({ firstSeenSeconds }) => firstSeenSeconds));
  const minutes = Math.max(1, Math.ceil(ageSeconds / 60));
  if (ageSeconds > windowSeconds(window) * coveredShare) return [];
  const remedy =
    minutes * 60 < windowSeconds(window) ? `--since ${minutes}m averages over that time` : 'ask again later';
  return [
    `The first of these requests was logged ${ageSeconds}s before the end. If the log is not older, QPS is too low: ${remedy}.`,
  ];
}

function selectorText(labels: Readonly<Record<string, string>> | undefined): string {
  const { project, logstore } = labelDefinitions;
  const own = Object.entries(labels ?? {}).filter(
    ([name]) => name !== project.name && name !== logstore.name,
  );
  return own.length === 0 ? '-' : own.map(([name, value]) => `${name}=${value}`).join(',');
}

export function surveyJson(survey: Survey) {
  const { query, routes, isCut, defaultBackends } = survey;
  const { project, logstore, logKind, window } = query;
  return {
    project,
    logstore,
    logKind: logKind.kind,
    from: utcText(window.startSeconds),
    to: utcText(window.endSeconds),
    isCut,
    defaultBackends,
    routes: routes.map(({ firstSeenSeconds, lastSeenSeconds, ...route }) => ({
      ...route,
      latencyP95Ms: route.latencyP95Ms ?? null,
      errorRatio: route.errorRatio ?? null,
      firstSeen: utcText(firstSeenSeconds),
      lastSeen: utcText(lastSeenSeconds),
      matchLabels: matchLabelsOf(route.route, survey) ?? null,
    })),
  };
}

/** Formats with three significant digits: 0.00123, 12.3, 1234. */
export function numberText(value: number): string {
  if (value === 0) return '0';
  if (value >= 100) return value.toFixed(0);
  return Number(value.toPrecision(3)).toString();
}
