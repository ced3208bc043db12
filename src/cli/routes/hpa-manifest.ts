import { formatQuantity } from '../../grammar/quantity.ts';
import { forecastSuffix } from '../../metric/catalog.ts';
import { labelDefinitions } from '../../metric/labels.ts';
import { defaultBackendText } from '../../sls/default-backend.ts';
import { qpsMetricOf, type SurveyedRoute } from '../../sls/route-survey.ts';
import type { Fields } from '../../scaling/hpa-manifest.ts';
import { utcText } from '../time-text.ts';
import { refuseQuiet, routeOf, selectorOf, type HpaOptions } from './hpa-route.ts';
import { numberText, type Survey } from './survey-output.ts';

/** Share of the maximum replicas that the busiest minute needs with the chosen target. */
const shareAtPeak = 0.8;

/** An HPA (autoscaling/v2), and in comments of YAML what it rests on. */
export interface SuggestedHpa {
  readonly manifest: Fields;
  readonly comments: string;
}

/**
 * Returns an HPA that scales a Deployment by the requests per second of its route. The
 * target follows from the measured rate.
 *
 * @throws AdapterError `RouteUnseen`, `RouteTooQuiet`, or `ConfigInvalid` if `--route` or `--namespace` is needed
 */
export function suggestHpa(survey: Survey, options: HpaOptions): SuggestedHpa {
  const { deployment, namespace, min, max } = options;
  const seen = routeOf(survey, options);
  const selector = selectorOf(survey, seen, options);
  const replicasAtPeak = Math.max(1, Math.floor(max * shareAtPeak));
  refuseQuiet(seen, replicasAtPeak, survey);
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
            metric: { name: qpsMetricOf(survey.query.logKind), selector },
            target: { type: 'AverageValue', averageValue },
          },
        },
      ],
      behavior,
    },
  };
  return { manifest, comments: comments(seen, survey, { replicasAtPeak, max, averageValue }) };
}

interface ExternalMetric {
  readonly metric: { readonly name: string; readonly selector: { readonly matchLabels: Fields } };
}

/**
 * Returns the HPA with the forecast beside its metric, as far ahead as a pod takes to start.
 *
 * @param hpa as of `suggestHpa`, also with another target
 */
export function withForecast({ spec, ...hpa }: Fields, startupMs: number): Fields {
  const { metrics } = spec as { readonly metrics: readonly { readonly external: ExternalMetric }[] };
  const aheadSeconds = Math.min(900, Math.max(60, Math.ceil(startupMs / 60_000) * 60));
  const forecasts = metrics.map(({ external: { metric, ...others } }) => {
    const matchLabels = {
      ...metric.selector.matchLabels,
      [labelDefinitions.ahead.name]: String(aheadSeconds),
    };
    const name = `${metric.name}${forecastSuffix}`;
    return {
      type: 'External',
      external: { metric: { name, selector: { ...metric.selector, matchLabels } }, ...others },
    };
  });
  return { ...hpa, spec: { ...(spec as Fields), metrics: [...metrics, ...forecasts] } };
}

/** Pods that load a model start slowly, so it adds many at once, and removes one at a time after a while. */
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

/** Rounds to two significant digits, at least 0.001, since the target is only an estimate. */
const targetOf = (qps: number): number => Math.max(0.001, Number(qps.toPrecision(2)));

function comments(
  { route, qps, peakQps, latencyP95Ms, errorRatio }: SurveyedRoute,
  { query: { window }, defaultBackends }: Survey,
  { replicasAtPeak, max, averageValue }: { replicasAtPeak: number; max: number; averageValue: string },
): string {
  const latency = latencyP95Ms === undefined ? '' : `, p95 ${numberText(latencyP95Ms)} ms`;
  const errors = errorRatio === undefined ? '' : `, ${numberText(errorRatio * 100)} % 5xx`;
  const lost = defaultBackends
    .filter(({ routes }) => routes.includes(route))
    .map(
      (use) =>
        `# ${defaultBackendText(use)}:\n# the route counts none of these. Consider a selector by sls.ingress.host without a route.\n`,
    );
  return `\
# Route ${route}, ${utcText(window.startSeconds)} to ${utcText(window.endSeconds)}:
# ${numberText(qps)} requests/s on average, ${numberText(peakQps)} in the busiest minute${latency}${errors}
${lost.join('')}#
# averageValue ${averageValue} puts that minute on ${replicasAtPeak} of ${max} replicas. A log does not show how much one pod
# can take: measure it (sls-metrics-adapter loadtest) and write a little less than where its latency rises.
#
`;
}
