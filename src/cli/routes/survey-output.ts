import { labelDefinitions } from '../../metric/labels.ts';
import { routeLabels } from '../../metric/route-labels.ts';
import type { SurveyedRoute, SurveyQuery } from '../../sls/route-survey.ts';
import { alignedTable } from '../table.ts';
import { utcText } from '../utc.ts';

/** The routes of a logstore that were seen in a window. */
export interface Survey {
  readonly query: SurveyQuery;
  /** Those with the most requests first. */
  readonly routes: readonly SurveyedRoute[];
  /** There are more. */
  readonly isCut: boolean;
  /** Namespaces that are known, to tell the parts of a long route apart. */
  readonly namespaces: readonly string[];
}

/** The labels of an HPA that read a route; undefined where none can. */
export function matchLabelsOf(
  route: string,
  { query, namespaces }: Pick<Survey, 'query' | 'namespaces'>,
): Readonly<Record<string, string>> | undefined {
  const named = routeLabels(route, namespaces);
  const { project, logstore } = labelDefinitions;
  return named && { [project.name]: query.project, [logstore.name]: query.logstore, ...named };
}

/** The routes, one a line, each with the selector that reads it. */
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
    `From ${utcText(startSeconds)} to ${utcText(endSeconds)}; PEAK is the busiest minute, LAST SEEN is before the end.`,
    `Every SELECTOR needs ${project.name}=${query.project},${logstore.name}=${query.logstore} as well.`,
    ...(isCut ? [`There are more routes: these ${routes.length} had the most requests (--limit).`] : []),
    ...(routes.some(({ route }) => matchLabelsOf(route, survey) === undefined)
      ? [
          'A route without a selector is no label value; if it is only too long, --namespace tells its parts apart.',
        ]
      : []),
  ];
  return `${[table, '', ...notes].join('\n')}\n`;
}

function selectorText(labels: Readonly<Record<string, string>> | undefined): string {
  const { project, logstore } = labelDefinitions;
  const own = Object.entries(labels ?? {}).filter(
    ([name]) => name !== project.name && name !== logstore.name,
  );
  return own.length === 0 ? '-' : own.map(([name, value]) => `${name}=${value}`).join(',');
}

/** The survey as JSON. */
export function surveyJson(survey: Survey) {
  const { query, routes, isCut } = survey;
  const { project, logstore, logKind, window } = query;
  return {
    project,
    logstore,
    logKind,
    from: utcText(window.startSeconds),
    to: utcText(window.endSeconds),
    isCut,
    routes: routes.map(({ lastSeenSeconds, ...route }) => ({
      ...route,
      latencyP95Ms: route.latencyP95Ms ?? null,
      errorRatio: route.errorRatio ?? null,
      lastSeen: utcText(lastSeenSeconds),
      matchLabels: matchLabelsOf(route.route, survey) ?? null,
    })),
  };
}

/** Three digits that count: 0.00123, 12.3, 1234. */
export function numberText(value: number): string {
  if (value === 0) return '0';
  if (value >= 100) return value.toFixed(0);
  return Number(value.toPrecision(3)).toString();
}
