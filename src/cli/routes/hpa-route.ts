import { AdapterError } from '../../errors.ts';
import { labelDefinitions } from '../../metric/labels.ts';
import { defaultIntervalSeconds } from '../../metric/metric-request.ts';
import type { SurveyedRoute } from '../../sls/route-survey.ts';
import { utcText } from '../time-text.ts';
import { matchLabelsOf, type Survey } from './survey-output.ts';

export interface HpaOptions {
  readonly deployment: string;
  /** Only routes of this namespace. */
  readonly namespace?: string;
  /** Several: the HPA adds them up. */
  readonly route?: readonly string[];
  readonly min: number;
  readonly max: number;
}

/**
 * Fewest requests in the busiest minute. In each window of the metric, every replica must have one request there, else a
 * single request would ask for another replica. Below 30 a minute a window has 7 or fewer, a number that chance alone
 * changes by a third.
 */
const leastRequests = (replicasAtPeak: number) =>
  Math.max(30, replicasAtPeak * (60 / defaultIntervalSeconds));

/** @throws AdapterError `RouteTooQuiet` if the log is too small a sample for a target */
export function refuseQuiet(
  { route, peakQps }: SurveyedRoute,
  replicasAtPeak: number,
  { query: { window } }: Survey,
): void {
  const [requests, least] = [Math.round(peakQps * 60), leastRequests(replicasAtPeak)];
  if (requests >= least) return;
  const since = utcText(window.startSeconds);
  throw new AdapterError(
    'RouteTooQuiet',
    `route ${route} had ${requests} ${requests === 1 ? 'request' : 'requests'} in its busiest minute since ${since}; a target that puts it on ${replicasAtPeak} replicas needs at least ${least}, else one request more or less changes the replicas`,
  );
}

/**
 * Returns the selector of the metric.
 *
 * @throws AdapterError `ConfigInvalid` if labels cannot name the routes
 */
export function selectorOf(survey: Survey, { route }: SurveyedRoute, { route: chosen = [] }: HpaOptions) {
  const names = chosen.length > 1 ? chosen : [route];
  const [labels, ...others] = names.map((name) => matchLabelsOf(name, survey));
  const unnamed = names.find((name) => matchLabelsOf(name, survey) === undefined);
  if (labels === undefined || unnamed !== undefined)
    throw new AdapterError(
      'ConfigInvalid',
      `labels cannot express route ${unnamed} without its namespace: add --namespace`,
    );
  if (others.length === 0) return { matchLabels: labels };
  const { project, logstore, route: label } = labelDefinitions;
  const long = names.find((name) => matchLabelsOf(name, survey)?.[label.name] === undefined);
  if (long !== undefined)
    throw new AdapterError(
      'ConfigInvalid',
      `one selector cannot name route ${long} besides others, since it is longer than a label value: print an HPA for each route, and write their metrics into one`,
    );
  return {
    matchLabels: { [project.name]: labels[project.name], [logstore.name]: labels[logstore.name] },
    matchExpressions: [{ key: label.name, operator: 'In', values: names.toSorted() }],
  };
}

/**
 * Returns the route that the HPA is for, or what its routes are together.
 *
 * @throws AdapterError `RouteUnseen`; `ConfigInvalid` if `--route` is needed
 */
export function routeOf(survey: Survey, { deployment, route: chosen, namespace }: HpaOptions): SurveyedRoute {
  const { routes, query, isCut, together } = survey;
  const seen = new Set(routes.map(({ route }) => route));
  const unseen = chosen?.filter((name) => !seen.has(name)) ?? [];
  const [first] = routes;
  if (first === undefined || unseen.length > 0) {
    const any = namespace === undefined ? 'any backend' : `a backend of namespace ${namespace}`;
    throw new AdapterError(
      'RouteUnseen',
      `project ${query.project}, logstore ${query.logstore}: no request to ${unseen.length === 0 ? any : unseen.join(', ')} was logged since ${utcText(query.window.startSeconds)}`,
    );
  }
  if (together !== undefined) return { ...together, route: chosen?.join(', ') ?? together.route };
  if (chosen !== undefined) return first;
  const own = routes.filter((one) => isRouteOf(deployment, one.route, survey.namespaces, namespace));
  const [only, ...others] = own;
  if (only !== undefined && others.length === 0 && !isCut) return only;
  const candidates = own.length > 0 ? own : routes;
  const names = candidates.slice(0, maxShown).map((one) => one.route);
  const why =
    own.length > 0
      ? `several routes may belong to ${deployment}`
      : `no route is surely that of a Service ${deployment}: if its Service has another name`;
  throw new AdapterError(
    'ConfigInvalid',
    `${why}, choose one with --route: ${names.join(', ')}${candidates.length > maxShown ? ', …' : ''}`,
  );
}

const maxShown = 5;

/**
 * Returns whether a route is `{namespace}-{deployment}-{port}` and cannot be that of another Service: `shop-my-web-80` may be
 * that of `web` only if `shop-my` is known as a namespace. A port with a hyphen is never sure.
 */
function isRouteOf(
  deployment: string,
  route: string,
  namespaces: readonly string[],
  namespace: string | undefined,
): boolean {
  const backend = route.slice(0, route.lastIndexOf('-'));
  if (!backend.endsWith(`-${deployment}`)) return false;
  const before = backend.slice(0, -deployment.length - 1);
  return namespaces.includes(before) || (namespace === undefined && !before.includes('-'));
}
