import { stringify } from 'yaml';
import { AdapterError } from '../../errors.ts';
import { formatQuantity } from '../../grammar/quantity.ts';
import { qpsMetricOf, type SurveyedRoute } from '../../sls/route-survey.ts';
import { utcText } from '../utc.ts';
import { matchLabelsOf, numberText, type Survey } from './survey-output.ts';

export interface HpaOptions {
  readonly deployment: string;
  readonly namespace?: string;
  readonly route?: string;
  readonly min: number;
  readonly max: number;
  readonly output: 'table' | 'json';
}

/** How much of the greatest number of replicas the busiest minute is to take. */
const shareAtPeak = 0.8;

/**
 * An HPA (autoscaling/v2, YAML unless JSON is asked for) that scales a Deployment by the requests per second of its route, with a target made of
 * what was seen.
 *
 * @throws AdapterError `RouteUnseen`; `ConfigInvalid` where it must be said which route is meant
 */
export function hpaManifest(survey: Survey, options: HpaOptions): string {
  const { deployment, namespace, min, max } = options;
  const seen = routeOf(survey, options);
  const matchLabels = matchLabelsOf(seen.route, survey);
  if (matchLabels === undefined)
    throw new AdapterError(
      'ConfigInvalid',
      `no label can name route ${seen.route}: --namespace must say which one it is of`,
    );
  const replicasAtPeak = Math.max(1, Math.floor(max * shareAtPeak));
  const averageValue = formatQuantity(targetOf(seen.peakQps / replicasAtPeak));
  const manifest = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: deployment, ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        {
          type: 'External',
          external: {
            metric: { name: qpsMetricOf(survey.query.logKind), selector: { matchLabels } },
            target: { type: 'AverageValue', averageValue },
          },
        },
      ],
      behavior,
    },
  };
  if (options.output === 'json') return `${JSON.stringify(manifest, null, 2)}\n`;
  return (
    comments(seen, survey, { replicasAtPeak, max, averageValue }) + stringify(manifest, { lineWidth: 0 })
  );
}

/** Pods that load a model start slowly: many at once on the way up, one by one and late on the way down. */
const behavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 30 },
      { type: 'Pods', value: 2, periodSeconds: 30 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
  },
};

/** Two digits that count, at least a thousandth: the target is an estimate, and looks like one. */
const targetOf = (qps: number): number => Math.max(0.001, Number(qps.toPrecision(2)));

function comments(
  { route, qps, peakQps, latencyP95Ms, errorRatio }: SurveyedRoute,
  { query: { window } }: Survey,
  { replicasAtPeak, max, averageValue }: { replicasAtPeak: number; max: number; averageValue: string },
): string {
  const also = [
    ...(latencyP95Ms === undefined ? [] : [`p95 ${numberText(latencyP95Ms)} ms`]),
    ...(errorRatio === undefined ? [] : [`${numberText(errorRatio * 100)} % 5xx`]),
  ];
  return [
    `Route ${route}, ${utcText(window.startSeconds)} to ${utcText(window.endSeconds)}:`,
    [
      `${numberText(qps)} requests/s on average`,
      `${numberText(peakQps)} in the busiest minute`,
      ...also,
    ].join(', '),
    '',
    `averageValue ${averageValue} puts that minute on ${replicasAtPeak} of ${max} replicas. What one pod can take`,
    'no log tells: load it (sls-metrics-adapter loadtest), see where its latency rises, and write a little less.',
    '',
    'Slow starts: up to twice the pods, or two more, every 30 s on the way up; on the way down one a minute,',
    'after 5 minutes of less.',
  ]
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')
    .concat('\n');
}

function routeOf(
  { routes, query, isCut }: Survey,
  { deployment, route, namespace }: HpaOptions,
): SurveyedRoute {
  const where = `project ${query.project}, logstore ${query.logstore}`;
  const since = utcText(query.window.startSeconds);
  const [first] = routes;
  if (first === undefined) {
    const what = route ?? (namespace === undefined ? 'any backend' : `a backend of namespace ${namespace}`);
    throw new AdapterError('RouteUnseen', `${where}: no request to ${what} was logged since ${since}`);
  }
  if (route !== undefined) return first;
  const named = routes.filter(({ route: name }) => name.includes(`-${deployment}-`));
  const candidates = named.length > 0 ? named : routes;
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0 && !isCut) return only;
  const shown = candidates.slice(0, mostShown).map((one) => one.route);
  throw new AdapterError(
    'ConfigInvalid',
    `--route must say which route is that of ${deployment}: ${shown.join(', ')}${candidates.length > mostShown ? ', …' : ''}`,
  );
}

const mostShown = 5;
